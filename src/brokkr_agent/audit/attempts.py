"""Writes down what becomes of the stacks: attempts, what is decided about deleting, and rollbacks."""

from __future__ import annotations

import threading
from collections.abc import Set as AbstractSet

from attrs import evolve

from brokkr_agent.audit.record import Action, Actor, Draft, Stage, object_json
from brokkr_agent.audit.trail import Trail
from brokkr_agent.audit.work import Work, current_work, working
from brokkr_agent.verdicts import Attempt
from brokkr_core.apply.prune.budget import PruneRefusedError
from brokkr_core.model.broker import Agent as AgentRecord
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.events import (
    Event,
    ObjectFinished,
    Observer,
    PlanMade,
    RollbackFinished,
    RollbackStarted,
    RunFinished,
)
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Action as Outcome
from brokkr_core.model.outcome import Report
from brokkr_core.model.ref import ObjectRef

#: So many objects a decision names; each deletion has records of its own.
NAMED = 100


class AttemptRecords:
    """A witness that keeps the minutes of attempts.

    An attempt at a revision that was found in order before and is in order still leaves no trace: it changed nothing,
    and there is one for every stack every few minutes. So the start of an attempt is written when it is about to change
    something, or with its end.

    Args:
        trail: where it is written.
    """

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._lock = threading.Lock()
        self._pending: set[Work] = set()
        self._in_order: dict[str, str] = {}

    def introduced(self, me: AgentRecord, /) -> None:
        """Hear who we are."""
        self._trail.actor = Actor(id=me.id, name=me.name)

    def began(self, stack_id: str, revision: DeploymentObject | None, /) -> None:
        """Hear that an attempt begins; it is written down when it comes to anything."""

    def observer(self, stack_id: str, /) -> Observer:
        """Make the observer of one run of a stack, which begins now."""
        work = current_work()
        if work.stack_id != stack_id:
            work = Work(stack_id=stack_id)
        with self._lock:
            self._pending.add(work)

        def observe(event: Event, /) -> None:
            with working(work.stack_id, work.deployment_object_id):
                self._take(event, work)

        return observe

    def begins(self) -> None:
        """Write down that the attempt this thread works for has begun, unless that was done before."""
        work = current_work()
        with self._lock:
            if work not in self._pending:
                return
            self._pending.discard(work)
            self._trail.event(Action.DEPLOYMENT_START)  # under the lock: no other thread's first change comes before it

    def ended(self, attempt: Attempt, /) -> None:
        """Hear how an attempt ended; one with a report has written its end itself."""
        revision = attempt.revision
        if attempt.report is not None:
            return
        with working(revision.stack_id, revision.id):
            if attempt.error == PruneRefusedError.__name__:
                self._trail.event(Action.PRUNE_REFUSE, result={"code": attempt.error})
            self._finish({"ok": False, "error": attempt.error})

    def removed(self, _stack_id: str, report: Report | None, _message: str, /) -> None:
        """Hear how a removal ended; one with a report has written its end itself."""
        if report is None:
            self._finish({"ok": False})

    def interrupted(self, stack_id: str, /) -> None:
        """Hear that an attempt is left as it is; whoever goes on with it writes its end."""

    def named(self, stack_ids: AbstractSet[str], /) -> None:
        """Hear which stacks the broker names."""
        with self._lock:
            self._in_order = {one: revision for one, revision in self._in_order.items() if one in stack_ids}

    def _take(self, event: Event, work: Work) -> None:
        match event:
            case PlanMade(prune=prune) if prune:
                self.begins()
                self._trail.event(Action.PRUNE_DECIDE, _named(prune))
            case ObjectFinished(outcome=outcome) if outcome.action is Outcome.SKIPPED and outcome.code:
                self.begins()
                draft = Draft(stage=Stage.EVENT, action=Action.PRUNE_REFUSE, ref=outcome.ref, uid=outcome.uid)
                self._trail.tell(evolve(draft, result={"code": outcome.code}))
            case RollbackStarted(objects=objects):
                self.begins()
                self._trail.event(Action.DEPLOYMENT_ROLLBACK, _named(objects))
            case RollbackFinished(verdict=verdict):
                self._trail.event(Action.DEPLOYMENT_ROLLBACK, result={"verdict": verdict})
            case RunFinished(report=report):
                self._finished(report, work)

    def _finished(self, report: Report, work: Work) -> None:
        """Write the end of a run down, unless all is as it was when that was last written."""
        with self._lock:
            quiet = report.ok and work in self._pending and self._in_order.get(work.stack_id) == _mark(work)
            self._pending -= {work} if quiet else set()
            if report.ok:
                self._in_order[work.stack_id] = _mark(work)
            else:
                self._in_order.pop(work.stack_id, None)
        if not quiet:
            counts: JsonObject = dict(report.counts())
            verdict: JsonObject = {"verdict": report.verdict} if report.verdict else {}
            self._finish({"ok": report.ok, "begun": report.begun, "counts": counts, **verdict})

    def _finish(self, result: JsonObject) -> None:
        self.begins()
        self._trail.event(Action.DEPLOYMENT_FINISH, result=result)


def _mark(work: Work) -> str:
    return work.deployment_object_id or "removed"


def _named(refs: tuple[ObjectRef, ...]) -> JsonObject:
    return {"count": len(refs), "objects": [object_json(ref) for ref in refs[:NAMED]]}
