"""One attempt, followed from the engine's events alone: no clock, no thread; the order of events may be any."""

from __future__ import annotations

from collections import Counter
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
_ORDER = list(Phase)
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
        self._counts: Counter[tuple[bool, State]] = Counter()
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
        self._phase = max(self._phase, self._reached(event), key=_ORDER.index)
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
            counts=Counts(**{str(one): self._counts[False, one] + self._counts[True, one] for one in State}),
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
                return self._become(evolve(self._known(ref), state=State.PROGRESSING))
            case ObjectWaiting(ref=ref, reason=reason):
                return self._become(evolve(self._known(ref), state=State.WAITING, message=cut(reason, MOST_MESSAGE)))
            case ObjectFinished(outcome=outcome):
                return self._finish(outcome)
            case RollbackFinished(verdict=verdict):
                self._verdict = verdict
            case RunFinished(report=report):  # a preflight that refuses tells of no object before
                for outcome in report.outcomes:
                    if self._known(outcome.ref).action is None:
                        self._finish(outcome)
        return None

    def _expect(self, refs: Iterable[ObjectRef], *, leaving: bool) -> None:
        for ref in refs:
            if ref not in self._objects:
                self._become(ObjectProgress(ref=ref, leaving=leaving))

    def _finish(self, outcome: Outcome) -> ObjectProgress:
        told = evolve(
            self._known(outcome.ref),
            state=State.SUCCEEDED if outcome.ok else State.FAILED,
            action=outcome.action,
            message=cut(": ".join(filter(None, (outcome.code, outcome.message))), MOST_MESSAGE),
            uid=outcome.uid,
        )
        if outcome.action in _CHANGED:
            self._changed = True
        return self._become(told)

    def _known(self, ref: ObjectRef) -> ObjectProgress:
        return self._objects.get(ref) or ObjectProgress(ref=ref)

    def _become(self, told: ObjectProgress) -> ObjectProgress:
        before = self._objects.get(told.ref)
        if before is not None:
            self._counts[before.leaving, before.state] -= 1
        self._counts[told.leaving, told.state] += 1
        self._objects[told.ref] = told
        return told

    def _reached(self, event: Event) -> Phase:
        match event:
            case RollbackStarted() | RollbackFinished():
                return Phase.ROLLING_BACK
            case PlanMade():
                return Phase.VALIDATING
            case ObjectStarted(ref=ref) | ObjectWaiting(ref=ref) | ObjectFinished(outcome=Outcome(ref=ref)):
                if self._objects[ref].leaving:
                    return Phase.PRUNING
                unwritten = self._counts[False, State.PENDING] + self._counts[False, State.PROGRESSING]
                return Phase.APPLYING if unwritten else Phase.WAITING
            case _:
                return self._phase

    def _done(self) -> int:
        wanted = {state: self._counts[False, state] for state in State}
        leaving = {state: self._counts[True, state] for state in State}
        return percent(
            self._phase,
            wanted=sum(wanted.values()),
            written=wanted[State.WAITING] + wanted[State.SUCCEEDED],
            ready=wanted[State.SUCCEEDED],
            leaving=sum(leaving.values()),
            gone=leaving[State.SUCCEEDED],
        )


def _is_quiet(one: ObjectProgress) -> bool:
    return one.action not in _CHANGED
