"""The demonstration: an embedded broker, an embedded cluster, and a real agent process between them."""
