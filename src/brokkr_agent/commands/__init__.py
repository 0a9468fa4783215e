"""The commands of ``brokkr-agent``, one a file."""
