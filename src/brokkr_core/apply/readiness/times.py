"""Times as Kubernetes writes them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from brokkr_core.model.json import Json, as_text


def moment(value: Json) -> datetime | None:
    """Read a time as Kubernetes writes it, or return None."""
    try:
        found = datetime.fromisoformat(as_text(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the latest moment that is known, or None."""
    return max((one for one in moments if one is not None), default=None)
