"""The reference agent: wires the library to a Brokkr broker and a cluster."""
