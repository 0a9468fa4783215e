"""Where the time of a run went: told from the engine's events alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import StrEnum

from attrs import evolve, field, frozen

from brokkr_agent.metrics.families import Families
from brokkr_core.model.events import (
    Event,
    ObjectFinished,
    ObjectStarted,
    PlanMade,
    RollbackFinished,
    RollbackStarted,
    RunFinished,
)
from brokkr_core.model.ref import ObjectRef


class Phase(StrEnum):
    """A part of a run."""

    PLAN = "plan"  #: from the beginning until the order is known, putting back what an earlier run left included
    APPLY = "apply"  #: the preflight, every write, and the wait until everything is ready
    PRUNE = "prune"  #: deleting what left the stack
    ROLLBACK = "rollback"  #: putting a failed run back, and the proof
    TOTAL = "total"  #: all of it


@frozen(kw_only=True)
class Phases:
    """A stop-watch over the phases of one run. Times are seconds of a clock that never goes back."""

    begun: float
    phase: Phase = Phase.PLAN
    since: float = 0.0
    leaving: frozenset[ObjectRef] = field(default=frozenset(), repr=False)
    spent: tuple[tuple[Phase, float], ...] = ()

    @classmethod
    def start(cls, now: float) -> Phases:
        """Begin with the plan."""
        return cls(begun=now, since=now)

    def after(self, event: Event, now: float) -> Phases:
        """Take in one event."""
        match event:
            case PlanMade(prune=prune):
                return evolve(self._to(Phase.APPLY, now), leaving=frozenset(prune))
            case ObjectStarted(ref=ref) if self.phase is Phase.APPLY and ref in self.leaving:
                return self._to(Phase.PRUNE, now)
            case ObjectFinished(outcome=outcome) if self.phase is Phase.APPLY and outcome.ref in self.leaving:
                return self._to(Phase.PRUNE, now)
            case RollbackStarted() if self.phase is not Phase.PLAN:  # before the plan it is about an earlier run
                return self._to(Phase.ROLLBACK, now)
            case RunFinished():
                ended = self._to(self.phase, now)
                return evolve(ended, spent=(*ended.spent, (Phase.TOTAL, now - self.begun)))
            case _:
                return self

    def _to(self, phase: Phase, now: float) -> Phases:
        return evolve(self, phase=phase, since=now, spent=(*self.spent, (self.phase, now - self.since)))


class RunMetrics:
    """An observer of one run that counts what became of its objects, and where the time went.

    Args:
        families: where to count.
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, families: Families, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._families = families
        self._clock = clock
        self._lock = threading.Lock()
        self._phases = Phases.start(clock())

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        with self._lock:
            self._phases = phases = self._phases.after(event, self._clock())
        if isinstance(event, ObjectFinished):
            self._families.resources.labels(str(event.outcome.action)).inc()
        if isinstance(event, RollbackFinished):
            self._families.rollbacks.labels(event.verdict).inc()
        if isinstance(event, RunFinished):
            result = "success" if event.report.ok else "failure"
            for phase, seconds in phases.spent:
                self._families.deployment_seconds.labels(str(phase), result).observe(seconds)
