"""How this side introduces itself to brokers, to receivers of webhooks, and to what stands in front of them."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def introduction() -> str:
    """Return the ``User-Agent`` of this package; its version is looked up on the disk once."""
    return f"brokkr-python/{version('brokkr')}"
