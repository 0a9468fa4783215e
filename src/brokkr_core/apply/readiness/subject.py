"""What a rule of readiness looks at: the object, the time, and what cannot be seen in the object itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_text, dig


@frozen(kw_only=True)
class Facts:
    """What is known about an object from elsewhere; None and empty text mean that nobody has looked."""

    status_subresource: bool | None = None  #: whether its kind is served with a status subresource
    binding_mode: str = ""  #: of a claim's StorageClass: ``Immediate`` or ``WaitForFirstConsumer``


NOTHING_KNOWN = Facts()


@frozen(kw_only=True)
class Subject:
    """One object to be judged. Without a time no grace ever runs out."""

    body: JsonObject
    now: datetime | None = None
    facts: Facts = NOTHING_KNOWN

    def see(self, *path: str) -> Json:
        """Follow field names from the top of the object."""
        return dig(self.body, *path)

    @property
    def created(self) -> datetime | None:
        """When it came into being."""
        return moment(self.see("metadata", "creationTimestamp"))

    def lasted(self, seconds: float, *since: datetime | None) -> bool:
        """Tell whether something has gone on for longer than its grace.

        Args:
            seconds: the grace.
            since: moments at which it may have begun; the latest one counts, and None counts as unknown.

        Returns:
            False when the time, or every beginning, is unknown.
        """
        began = latest(since)
        return self.now is not None and began is not None and (self.now - began).total_seconds() > seconds


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
