"""What a rule of readiness looks at: the object, the time, and what cannot be seen in the object itself."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from brokkr_core.apply.readiness.household import Household
from brokkr_core.apply.readiness.policy import DEFAULT, ReadyPolicy
from brokkr_core.apply.readiness.times import latest, moment
from brokkr_core.model.json import Json, JsonObject, dig


@frozen(kw_only=True, order=True)
class Backend:
    """A Service that the API server calls."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@frozen(kw_only=True)
class Facts:
    """What is known about an object from elsewhere; None and empty text mean that nobody has looked."""

    status_subresource: bool | None = None  #: whether its kind is served with a status subresource
    binding_mode: str = ""  #: of a claim's StorageClass: ``Immediate`` or ``WaitForFirstConsumer``
    unreached: frozenset[Backend] = frozenset()  #: Services of a webhook configuration without a ready endpoint
    household: Household | None = None  #: what a workload has made


NOTHING_KNOWN = Facts()


@frozen(kw_only=True)
class Subject:
    """One object to be judged. Without a time no grace ever runs out."""

    body: JsonObject
    now: datetime | None = None
    facts: Facts = NOTHING_KNOWN
    policy: ReadyPolicy = DEFAULT

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
