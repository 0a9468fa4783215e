"""The one stream of typed events that metrics, logs, audit and progress listen to."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from attrs import frozen

from brokkr_core.model.outcome import Outcome, Report
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import ObjectRef


@frozen(kw_only=True)
class PlanMade:
    """The order is known; nothing was written yet. ``prune`` is what would be removed after success."""

    plan: Plan
    prune: tuple[ObjectRef, ...] = ()


@frozen(kw_only=True)
class ObjectStarted:
    """An object's turn has come."""

    ref: ObjectRef


@frozen(kw_only=True)
class ObjectWaiting:
    """An object was written and is not ready yet; ``reason`` says what is missing."""

    ref: ObjectRef
    reason: str


@frozen(kw_only=True)
class ObjectFinished:
    """An object came to its end."""

    outcome: Outcome


@frozen(kw_only=True)
class RollbackStarted:
    """The run failed and is being put back."""

    because: str
    objects: tuple[ObjectRef, ...]


@frozen(kw_only=True)
class RollbackFinished:
    """The run was put back as far as it went; ``verdict`` says how far, ``lines`` name each object."""

    verdict: str
    lines: tuple[str, ...]


@frozen(kw_only=True)
class RunFinished:
    """The run is over."""

    report: Report


Event: TypeAlias = (
    PlanMade | ObjectStarted | ObjectWaiting | ObjectFinished | RollbackStarted | RollbackFinished | RunFinished
)


class Observer(Protocol):
    """Whoever wants to know. Called from the run's threads, one event at a time."""

    def __call__(self, event: Event, /) -> None:
        """Take one event; must not raise and must not block for long."""


def silent(event: Event, /) -> None:
    """Ignore every event: the observer for callers who only want the report."""
