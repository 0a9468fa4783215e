"""Before the first write: one look at each collection, proofs, checks and dry-runs; one forecast per object."""
