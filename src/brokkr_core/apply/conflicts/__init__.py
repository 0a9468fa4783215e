"""Who owns a field that an apply wants, what the rules say about it, and the apply that follows them."""
