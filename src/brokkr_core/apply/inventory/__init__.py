"""What a stack owns, kept in the cluster."""
