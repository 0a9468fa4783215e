"""The audit trail: an append-only chain of records of everything the agent changes, and of who let it."""

__all__: list[str] = []
