"""How far each change of a run can be taken back: said before the first write, and refused unless it may be."""
