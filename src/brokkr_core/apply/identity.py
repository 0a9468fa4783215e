"""What tells one live object, and one state of it, from another. Pure."""

from __future__ import annotations

from brokkr_core.model.json import Json, as_text, dig


def uid(body: Json) -> str:
    """Return the uid of a live object; empty where there is none."""
    return as_text(dig(body, "metadata", "uid"))


def resource_version(body: Json) -> str:
    """Return the resourceVersion of a live object; empty where there is none."""
    return as_text(dig(body, "metadata", "resourceVersion"))


def terminating(body: Json) -> bool:
    """Whether an object is on its way out."""
    return dig(body, "metadata", "deletionTimestamp") is not None
