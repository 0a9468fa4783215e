"""Every attempt that goes on, and the last ones that ended: kept for whoever asks, told to whoever listens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import partial

import structlog
from attrs import evolve, field, frozen

from brokkr_agent.deployments.ring import Ring
from brokkr_agent.deployments.told import attempt_json, object_json
from brokkr_agent.deployments.tracker import Tracker
from brokkr_agent.deployments.values import Begun, ObjectProgress, Progress, Result, State
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.events import Event, Observer, RunFinished
from brokkr_core.model.json import JsonObject
from brokkr_core.rollback import Verdict

_log = structlog.get_logger("progress")

#: So many attempts that have ended are kept for each stack, and so many in all.
KEPT_OF_A_STACK = 5
KEPT_IN_ALL = 500
#: And so many objects that failed, of an attempt that is not the newest.
KEPT_FAILURES = 20


@frozen(kw_only=True)
class News:
    """What listeners hear: how far an attempt is now, without its objects, and the one object that has changed."""

    progress: Progress
    object: ObjectProgress | None = None


Listener = Callable[[News], None]


@frozen(kw_only=True)
class _Stack:
    """The attempts at one stack."""

    open: Tracker | None = None
    ended: tuple[Progress, ...] = field(default=())  #: newest first


class Deployments:
    """Keeps the progress of all stacks. Safe to use from several threads.

    Args:
        trace: tells the trace id of the attempt that the calling thread works for.
        clock: the time of day, with its zone.
    """

    def __init__(
        self, *, trace: Callable[[], str] = str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._trace = trace
        self._clock = clock
        self._lock = threading.Lock()
        self._stacks: dict[str, _Stack] = {}
        self._listeners: tuple[Listener, ...] = ()
        self.ring = Ring()

    def listen(self, listener: Listener) -> None:
        """Tell somebody of everything from now on; it must not block, and what it raises is logged."""
        self._listeners += (listener,)

    def began(self, stack_id: str, revision: DeploymentObject | None) -> None:
        """Take in that an attempt begins; one of the same stack that had not ended was interrupted.

        Args:
            stack_id: which stack.
            revision: what is attempted; None when the stack is named no more and is removed.
        """
        self.interrupted(stack_id)
        with self._lock:
            stack = self._stacks.get(stack_id, _Stack())
            begun = Begun(
                stack_id=stack_id,
                deployment_object_id=revision.id if revision else "",
                sequence_id=revision.sequence_id if revision else None,
                removal=revision is None or revision.is_deletion_marker,
                trace_id=self._trace(),
                at=self._clock(),
            )
            tracker = Tracker(_after(stack.ended, begun))
            self._stacks[stack_id] = evolve(stack, open=tracker)
            self._tell(News(progress=tracker.summary))

    def observer(self, stack_id: str) -> Observer:
        """Make an observer of the attempt at a stack that goes on."""
        return partial(self._take, stack_id)

    def ended(self, stack_id: str, *, ok: bool, verdict: str = "", message: str = "") -> None:
        """Take in how an attempt ended."""
        self._end(stack_id, result_of(ok=ok, verdict=verdict), message=message, verdict=verdict)

    def interrupted(self, stack_id: str) -> None:
        """Take in that nobody goes on with an attempt here; without one that goes on nothing happens."""
        self._end(stack_id, Result.INTERRUPTED)

    def keep(self, named: AbstractSet[str]) -> None:
        """Forget every stack that is named no more, once nothing is done to it, nor is to be done again."""
        with self._lock:
            for stack_id in [one for one, it in self._stacks.items() if one not in named and _is_over(it)]:
                del self._stacks[stack_id]
                self.ring.tell("removed", stack_id, partial(_removed, stack_id))

    def of(self, stack_id: str) -> tuple[Progress, ...]:
        """Return the attempts at one stack, newest first, with their objects."""
        with self._lock:
            stack = self._stacks.get(stack_id, _Stack())
            return (*([stack.open.whole] if stack.open else []), *stack.ended)

    def everything(self) -> tuple[tuple[Progress, ...], int]:
        """Return all attempts without their objects, newest first, and the number of what was told last."""
        with self._lock:
            found = [one for stack in self._stacks.values() for one in _summaries(stack)]
            return tuple(sorted(found, key=lambda one: one.begun.at, reverse=True)), self.ring.last

    def _take(self, stack_id: str, event: Event) -> None:
        with self._lock:
            tracker = self._stacks.get(stack_id, _Stack()).open
            if tracker is None:
                return
            told = tracker.take(event)
            if told is not None or not isinstance(event, RunFinished):
                self._tell(News(progress=tracker.summary, object=told))

    def _end(self, stack_id: str, result: Result, *, message: str = "", verdict: str = "") -> None:
        with self._lock:
            stack = self._stacks.get(stack_id, _Stack())
            if stack.open is None:
                return
            stack.open.end(result, at=self._clock(), message=message, verdict=verdict)
            kept = (stack.open.whole, *map(_what_failed, stack.ended))[:KEPT_OF_A_STACK]
            self._stacks[stack_id] = evolve(stack, open=None, ended=kept)
            self._forget_the_oldest()
            self._tell(News(progress=stack.open.summary))

    def _forget_the_oldest(self) -> None:
        """Forget what ended first, as long as there is too much in all; how each stack did last is not forgotten."""
        while sum(len(stack.ended) for stack in self._stacks.values()) > KEPT_IN_ALL:
            several = [one for one, stack in self._stacks.items() if len(stack.ended) > 1]
            if not several:
                return
            oldest = min(several, key=self._last_end)
            self._stacks[oldest] = evolve(self._stacks[oldest], ended=self._stacks[oldest].ended[:-1])

    def _last_end(self, stack_id: str) -> datetime:
        return self._stacks[stack_id].ended[-1].begun.at

    def _tell(self, news: News) -> None:
        """Tell everybody, in the order in which it happened; called under the lock."""
        self.ring.tell("progress", news.progress.begun.stack_id, partial(_news, news))
        for listener in self._listeners:
            try:
                listener(news)
            except Exception:
                _log.exception("a listener to the progress failed")


def result_of(*, ok: bool, verdict: str) -> Result:
    """Return how an attempt ended that was not interrupted.

    Args:
        ok: whether every object came to a good end.
        verdict: of the rollback; empty without one.
    """
    if ok:
        return Result.SUCCEEDED
    back = verdict and Verdict(verdict) in _BACK
    return Result.ROLLED_BACK if back else Result.FAILED


_BACK = frozenset(
    {
        Verdict.VERIFIED_EXACT,
        Verdict.VERIFIED_EQUIVALENT,
        Verdict.VERIFIED_WITH_RETENTIONS,
        Verdict.CONTESTED,
    }
)


def _after(ended: Iterable[Progress], begun: Begun) -> Begun:
    """Count on from the last attempt at the same revision that was not a good one; after a good one it is a look."""
    last = next(iter(ended), None)
    if last is None or last.begun.deployment_object_id != begun.deployment_object_id:
        return begun
    if last.result is Result.SUCCEEDED:
        return evolve(begun, resync=True)
    return evolve(begun, attempt=last.begun.attempt + 1)


def _what_failed(ended: Progress) -> Progress:
    """Keep of an earlier attempt only what is asked for later: the objects that failed."""
    failed = tuple(one for one in ended.objects if one.state is State.FAILED)[:KEPT_FAILURES]
    return evolve(ended, objects=failed, omitted=ended.counts.total - len(failed))


def _is_over(stack: _Stack) -> bool:
    """Tell whether nothing more comes of a stack that is named no more: a removal that failed is tried again."""
    last = next(iter(stack.ended), None)
    removed = last is None or not last.begun.removal or last.result is Result.SUCCEEDED
    return stack.open is None and removed


def _summaries(stack: _Stack) -> list[Progress]:
    return [*([stack.open.summary] if stack.open else []), *stack.ended]


def _news(news: News) -> JsonObject:
    told = attempt_json(news.progress)
    return told if news.object is None else told | {"object": object_json(news.object)}


def _removed(stack_id: str) -> JsonObject:
    return {"stack_id": stack_id}
