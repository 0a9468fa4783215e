"""Apply a plan: as many objects at once as the edges allow, each waited for before its dependents start."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing, suppress
from queue import Empty, SimpleQueue

from attrs import evolve

from brokkr_core.apply.frontier import Frontier
from brokkr_core.apply.outcomes import OUTDATED, STOPPED, blocked_outcome, not_begun
from brokkr_core.apply.pace import Pace
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.preflight.forecast import Forecast
from brokkr_core.apply.preflight.memory import Memory
from brokkr_core.apply.recorder import NoRecorder, Recorder
from brokkr_core.apply.waiting.room import WaitingRoom
from brokkr_core.apply.worker import Step, Worker
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import ObjectFinished, ObjectStarted, Observer, silent
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import ObjectRef
from brokkr_core.threads import Pool

#: Code of what a run leaves undone; the others are ``STOPPED`` and ``OUTDATED``.
RUN_TIMEOUT = "RunTimeout"


class Applier:
    """Carries out one plan; make a new one for every run.

    Args:
        client: the cluster.
        policy: how to apply and how long to wait.
        observer: hears of every object, from the calling thread.
        recorder: keeps what is replaced.
        memory: learns what is as wanted.
        pace: how many requests may be under way at once.
        stop: asked between operations; once true, nothing new is started.
        outdated: asked while there is nothing to do but to wait; once true, that ends, and nothing new is started.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        policy: ApplyPolicy | None = None,
        observer: Observer = silent,
        recorder: Recorder | None = None,
        memory: Memory | None = None,
        pace: Pace | None = None,
        stop: Callable[[], bool] = lambda: False,
        outdated: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = client
        self._policy = policy or ApplyPolicy()
        self._observer = observer
        self._memory = Memory() if memory is None else memory
        self._worker = Worker(
            client,
            policy=self._policy,
            recorder=recorder or NoRecorder(),
            memory=self._memory,
            pace=pace or Pace(most=self._policy.workers),
            stop=stop,
        )
        self._stop = stop
        self._outdated = outdated
        self._deadline = 0.0
        self._outcomes: dict[ObjectRef, Outcome] = {}
        self._running: dict[Future[Step], ObjectRef] = {}
        self._inbox: SimpleQueue[Future[Step] | None] = SimpleQueue()  #: what workers bring; None says "look again"

    def run(self, plan: Plan, forecasts: Mapping[ObjectRef, Forecast]) -> tuple[Outcome, ...]:
        """Apply everything and wait until it is ready.

        Args:
            plan: resolved manifests and edges.
            forecasts: what the preflight found, one per object.

        Returns:
            Exactly one outcome per object, in plan order.
        """
        self._deadline = time.monotonic() + self._policy.run_timeout_seconds
        frontier = Frontier(plan)
        room = WaitingRoom(
            self._client,
            policy=self._policy,
            observer=self._observer,
            wanted=(manifest.ref for manifest in plan.manifests),
            before={ref: one.live for ref, one in forecasts.items() if one.live is not None and one.whole},
            wake=lambda: self._inbox.put(None),
            seen_ready=self._memory.seen_ready,
        )
        with closing(room), Pool(self._policy.workers, thread_name_prefix="apply") as pool:
            while True:
                halted = self._halted()
                if not halted:
                    self._start(frontier, forecasts, pool)
                    if room and not self._running and self._outdated():
                        halted = OUTDATED  # only now: what is soon done comes to its own end
                if not self._running and (halted or not room):
                    break
                # After a stop nothing is judged any more, and only results of workers are worth waking for.
                self._collect(frontier, plan, room, self._policy.poll_seconds if halted else room.pause_seconds())
                self._look(frontier, plan, room)
        self._leave_rest(frontier, plan, room, halted)
        return tuple(self._outcomes[manifest.ref] for manifest in plan.manifests)

    def _halted(self) -> str:
        """Return why nothing more is begun, as a code; empty while the run goes on."""
        if self._stop():
            return STOPPED
        return RUN_TIMEOUT if time.monotonic() > self._deadline else ""

    def _start(self, frontier: Frontier, forecasts: Mapping[ObjectRef, Forecast], pool: Pool) -> None:
        """Hand out no more than there are workers: what waits in a queue would still be written after a stop."""
        for ref in frontier.take(self._policy.workers - len(self._running)):
            self._observer(ObjectStarted(ref=ref))
            future = pool.submit(self._worker, forecasts[ref])
            self._running[future] = ref
            future.add_done_callback(self._inbox.put)

    def _collect(self, frontier: Frontier, plan: Plan, room: WaitingRoom, patience: float) -> None:
        """Take in what the workers finished. Here the time passes: a result, news or a due time ends it."""
        for future in self._deliveries(patience):
            ref = self._running.pop(future)
            step = future.result()
            if step.outcome.action is Action.BLOCKED:  # stopped while it waited for its turn: it blocks nothing else
                room.forget(ref)
                self._finish(step.outcome)
                continue
            if step.outcome.ok and self._policy.wait and not step.ready:
                room.admit(step.outcome, step.body)
                continue
            room.forget(ref)
            self._settle(frontier, plan, room, step.outcome)

    def _deliveries(self, patience: float) -> list[Future[Step]]:
        found: list[Future[Step]] = []
        with suppress(Empty):
            note = self._inbox.get(timeout=patience)
            while True:
                found += [note] if note is not None else []
                note = self._inbox.get_nowait()
        return found

    def _look(self, frontier: Frontier, plan: Plan, room: WaitingRoom) -> None:
        if self._stop():
            return
        for outcome in room.look():
            self._settle(frontier, plan, room, outcome)

    def _settle(self, frontier: Frontier, plan: Plan, room: WaitingRoom, outcome: Outcome) -> None:
        self._finish(outcome)
        if outcome.ok:
            frontier.succeed(outcome.ref)
            return
        for blocked in frontier.fail(outcome.ref):
            room.forget(blocked.ref)
            self._finish(blocked_outcome(blocked, outcome, origin=plan.by_ref[blocked.ref].origin))

    def _finish(self, outcome: Outcome) -> None:
        self._outcomes[outcome.ref] = outcome
        self._observer(ObjectFinished(outcome=outcome))

    def _leave_rest(self, frontier: Frontier, plan: Plan, room: WaitingRoom, halted: str) -> None:
        """What was written is not seen ready any more, what was not started is left for the next run."""
        late = f"the run took longer than {self._policy.run_timeout_seconds:.0f} s"
        why = {RUN_TIMEOUT: late, OUTDATED: "not wanted like this any more"}.get(halted, "stopped")
        for outcome in room.outcomes():
            action = Action.TIMED_OUT if halted == RUN_TIMEOUT else Action.NOT_OBSERVED
            self._finish(evolve(outcome, action=action, code=halted, message=f"{why} before it was seen ready"))
        for ref in frontier.untouched:
            self._finish(not_begun(ref, code=halted, why=why, origin=plan.by_ref[ref].origin))
