"""What differs between two states of an object, as paths and as texts that show no secret."""
