"""The calls of the broker, grouped by resource."""
