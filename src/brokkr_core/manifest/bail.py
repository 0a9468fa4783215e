"""How the fast path says that it does not know."""

from __future__ import annotations


class BailError(Exception):
    """The document is not of the simple sort: the event path has to read it. Never seen outside this package."""
