"""One attempt, followed from the engine's events alone: no clock, no thread; the order of events may be any."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve, frozen

from brokkr_agent.deployments.percent import percent
from brokkr_agent.deployments.values import Begun, Counts, ObjectProgress, Phase, Progress, Result, State
from brokkr_core.errors import cut
from brokkr_core.model.events import (
    Event,
    ObjectFinished,
    ObjectStarted,
    ObjectWaiting,
    PlanMade,
    RollbackFinished,
    RollbackStarted,
    RunFinished,
)
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef

#: So many objects of an attempt are told one by one.
MOST_OBJECTS = 100
#: Longer messages are cut.
MOST_MESSAGE = 300
MOST_ATTEMPT_MESSAGE = 2000

_CHANGED = frozenset({Action.CREATED, Action.CONFIGURED, Action.RECREATED, Action.PRUNED})
_ORDER = {phase: number for number, phase in enumerate(Phase)}
#: Which objects are told first.
_ATTENTION = [State.FAILED, State.WAITING, State.PROGRESSING, State.PENDING, State.SUCCEEDED]


@frozen(kw_only=True)
class _End:
    result: Result
    message: str
    at: datetime


class Tracker:
    """Follows one attempt.

    Args:
        begun: its beginning.
    """

    def __init__(self, begun: Begun) -> None:
        self._begun = begun
        self._objects: dict[ObjectRef, ObjectProgress] = {}
        self._wanted, self._leaving = dict.fromkeys(State, 0), dict.fromkeys(State, 0)
        self._phase = Phase.PLANNING
        self._percent = 0
        self._changed = False
        self._verdict = ""
        self._end: _End | None = None

    def take(self, event: Event) -> ObjectProgress | None:
        """Take in one event.

        Returns:
            The object it was about, as it is now; None when it was about none, or the attempt has ended.
        """
        if self._end is not None:
            return None
        told = self._told(event)
        reached = self._reached(event)
        if reached is not self._phase and _ORDER[reached] > _ORDER[self._phase]:
            self._phase = reached
        self._percent = max(self._percent, self._done())
        return told

    def end(self, result: Result, *, at: datetime, message: str = "", verdict: str = "") -> None:
        """End the attempt; what comes later does not count."""
        if self._end is None:
            self._end = _End(result=result, message=cut(message, MOST_ATTEMPT_MESSAGE), at=at)
            self._percent = 100 if result is Result.SUCCEEDED else self._percent
            self._verdict = verdict or self._verdict

    @property
    def summary(self) -> Progress:
        """How far it is, without its objects."""
        return Progress(
            begun=self._begun,
            phase=self._phase,
            percent=self._percent,
            counts=self._counts(),
            changed=self._changed,
            result=self._end.result if self._end else None,
            verdict=self._verdict,
            message=self._end.message if self._end else "",
            ended_at=self._end.at if self._end else None,
        )

    @property
    def whole(self) -> Progress:
        """How far it is, with its objects."""
        ordered = sorted(self._objects.values(), key=lambda one: (_ATTENTION.index(one.state), _is_quiet(one)))
        shown = tuple(ordered[:MOST_OBJECTS])
        return evolve(self.summary, objects=shown, omitted=len(ordered) - len(shown))

    def _told(self, event: Event) -> ObjectProgress | None:
        match event:
            case PlanMade(plan=plan, prune=prune):
                self._expect((manifest.ref for manifest in plan.manifests), leaving=False)
                self._expect(prune, leaving=True)
            case ObjectStarted(ref=ref):
                return self._become(ref, State.PROGRESSING)
            case ObjectWaiting(ref=ref, reason=reason):
                return self._become(ref, State.WAITING, message=cut(reason, MOST_MESSAGE))
            case ObjectFinished(outcome=outcome):
                return self._finish(outcome)
            case RollbackFinished(verdict=verdict) if self._phase is Phase.ROLLING_BACK:
                self._verdict = verdict
            case RunFinished(report=report):  # a preflight that refuses tells of no object before
                for outcome in report.outcomes:
                    known = self._objects.get(outcome.ref)
                    if known is None or known.action is None:
                        self._finish(outcome)
        return None

    def _expect(self, refs: Iterable[ObjectRef], *, leaving: bool) -> None:
        for ref in refs:
            if ref not in self._objects:
                self._become(ref, State.PENDING, leaving=leaving)

    def _finish(self, outcome: Outcome) -> ObjectProgress:
        if outcome.action in _CHANGED:
            self._changed = True
        state = State.SUCCEEDED if outcome.ok else State.FAILED
        message = f"{outcome.code}: {outcome.message}" if outcome.code else outcome.message
        return self._become(
            outcome.ref, state, action=outcome.action, message=cut(message, MOST_MESSAGE), uid=outcome.uid
        )

    def _become(
        self,
        ref: ObjectRef,
        state: State,
        *,
        action: Action | None = None,
        message: str = "",
        uid: str = "",
        leaving: bool = False,
    ) -> ObjectProgress:
        """Let an object be what it is now; this is called for every event, so it is kept cheap."""
        before = self._objects.get(ref)
        leaving = leaving if before is None else before.leaving
        counts = self._leaving if leaving else self._wanted
        if before is not None:
            counts[before.state] -= 1
        counts[state] += 1
        told = ObjectProgress(ref=ref, state=state, action=action, message=message, uid=uid, leaving=leaving)
        self._objects[ref] = told
        return told

    def _reached(self, event: Event) -> Phase:
        match event:
            case RollbackStarted() if self._phase is not Phase.PLANNING:  # before the plan it is about an earlier run
                return Phase.ROLLING_BACK
            case PlanMade():
                return Phase.VALIDATING
            case ObjectStarted(ref=ref) | ObjectWaiting(ref=ref) | ObjectFinished(outcome=Outcome(ref=ref)):
                if self._objects[ref].leaving:
                    return Phase.PRUNING
                unwritten = self._wanted[State.PENDING] + self._wanted[State.PROGRESSING]
                return Phase.APPLYING if unwritten else Phase.WAITING
            case _:
                return self._phase

    def _done(self) -> int:
        wanted, leaving = self._wanted, self._leaving
        return percent(
            self._phase,
            wanted=sum(wanted.values()),
            written=wanted[State.WAITING] + wanted[State.SUCCEEDED],
            ready=wanted[State.SUCCEEDED],
            leaving=sum(leaving.values()),
            gone=leaving[State.SUCCEEDED],
        )

    def _counts(self) -> Counts:
        wanted, leaving = self._wanted, self._leaving
        return Counts(
            pending=wanted[State.PENDING] + leaving[State.PENDING],
            progressing=wanted[State.PROGRESSING] + leaving[State.PROGRESSING],
            waiting=wanted[State.WAITING] + leaving[State.WAITING],
            succeeded=wanted[State.SUCCEEDED] + leaving[State.SUCCEEDED],
            failed=wanted[State.FAILED] + leaving[State.FAILED],
        )


def _is_quiet(one: ObjectProgress) -> bool:
    return one.action not in _CHANGED
