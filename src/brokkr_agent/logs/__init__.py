"""The log of the agent: one line a message, on standard error, whoever wrote it."""
