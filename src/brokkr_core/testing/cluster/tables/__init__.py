"""The generated table of built-in kinds, and the script that makes it."""
