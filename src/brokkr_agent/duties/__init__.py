"""What the agent does for its broker besides deploying: one duty a file, each with a ``round()``."""
