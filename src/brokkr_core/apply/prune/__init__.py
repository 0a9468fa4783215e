"""Deleting what left a stack: budget, guards, order, and waiting until it is gone."""
