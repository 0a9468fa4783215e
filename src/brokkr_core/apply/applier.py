"""Apply a plan: as many objects at once as the edges allow, each waited for before its dependents start."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from queue import Empty, SimpleQueue

from attrs import evolve, field, frozen

from brokkr_core.apply.diff import changed_paths
from brokkr_core.apply.frontier import Blocked, Frontier
from brokkr_core.apply.outcomes import failure
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.preflight import Forecast
from brokkr_core.apply.recorder import NoRecorder, Recorder
from brokkr_core.apply.room import WaitingRoom
from brokkr_core.apply.write import uid, write
from brokkr_core.errors import BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import ObjectFinished, ObjectStarted, Observer, silent
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import ObjectRef


@frozen(kw_only=True)
class Step:
    """What a worker brings back: the outcome so far, and the object as it stands."""

    outcome: Outcome
    body: JsonObject = field(factory=dict, repr=False)


class Applier:
    """Carries out one plan; make a new one for every run.

    Args:
        client: the cluster.
        policy: how to apply and how long to wait.
        observer: hears of every object, from the calling thread.
        recorder: keeps what is replaced.
        stop: asked between operations; once true, nothing new is started.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        policy: ApplyPolicy | None = None,
        observer: Observer = silent,
        recorder: Recorder | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = client
        self._policy = policy or ApplyPolicy()
        self._observer = observer
        self._recorder = recorder or NoRecorder()
        self._stop = stop
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
        frontier = Frontier(plan)
        room = WaitingRoom(
            self._client,
            policy=self._policy,
            observer=self._observer,
            wanted=(manifest.ref for manifest in plan.manifests),
            before={ref: one.live for ref, one in forecasts.items() if one.live is not None},
            wake=lambda: self._inbox.put(None),
        )
        with closing(room), ThreadPoolExecutor(self._policy.workers, thread_name_prefix="apply") as pool:
            while True:
                stopped = self._stop()
                if not stopped:
                    self._start(frontier, forecasts, pool)
                if not self._running and (stopped or not room):
                    break
                # After a stop nothing is judged any more, and only results of workers are worth waking for.
                self._collect(frontier, plan, room, self._policy.poll_seconds if stopped else room.pause_seconds())
                self._look(frontier, plan, room)
        self._leave_rest(frontier, plan, room)
        return tuple(self._outcomes[manifest.ref] for manifest in plan.manifests)

    def _start(self, frontier: Frontier, forecasts: Mapping[ObjectRef, Forecast], pool: ThreadPoolExecutor) -> None:
        for ref in frontier.take():
            self._observer(ObjectStarted(ref=ref))
            future = pool.submit(self._work, forecasts[ref])
            self._running[future] = ref
            future.add_done_callback(self._inbox.put)

    def _work(self, forecast: Forecast) -> Step:
        """Write one object; runs in a worker thread and never raises for what the object or the line does."""
        started = time.monotonic()
        try:
            step = self._write(forecast)
        except BrokkrError as error:
            step = Step(outcome=failure(forecast.manifest, error))
        return evolve(step, outcome=evolve(step.outcome, seconds=time.monotonic() - started))

    def _write(self, forecast: Forecast) -> Step:
        manifest = forecast.manifest
        outcome = Outcome(ref=manifest.ref, action=Action.UNCHANGED, origin=manifest.origin)
        if forecast.checked and forecast.action is Action.UNCHANGED and forecast.live is not None:
            return Step(outcome=evolve(outcome, uid=uid(forecast.live)), body=forecast.live)
        written = write(self._client, manifest, live=forecast.live, policy=self._policy, recorder=self._recorder)
        body = written.applied.body
        changed: tuple[str, ...] = ()
        if written.applied.created:
            outcome = evolve(outcome, action=Action.CREATED)
        elif written.changed:
            changed = changed_paths(written.before, body) if written.before else ()
            outcome = evolve(outcome, action=Action.CONFIGURED)
        return Step(outcome=evolve(outcome, changed=changed, uid=uid(body)), body=body)

    def _collect(self, frontier: Frontier, plan: Plan, room: WaitingRoom, patience: float) -> None:
        """Take in what the workers finished. Here the time passes: a result, news or a due time ends it."""
        for future in self._deliveries(patience):
            ref = self._running.pop(future)
            step = future.result()
            if step.outcome.ok and self._policy.wait:
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
            self._finish(_blocked(plan, blocked, outcome))

    def _finish(self, outcome: Outcome) -> None:
        self._outcomes[outcome.ref] = outcome
        self._observer(ObjectFinished(outcome=outcome))

    def _leave_rest(self, frontier: Frontier, plan: Plan, room: WaitingRoom) -> None:
        """After a stop: what was written is not observed, what was not started is left for the next run."""
        for outcome in room.outcomes():
            message = "stopped before it was seen ready"
            self._finish(evolve(outcome, action=Action.NOT_OBSERVED, code="Stopped", message=message))
        for ref in frontier.untouched:
            origin = plan.by_ref[ref].origin
            message = "stopped before its turn"
            self._finish(Outcome(ref=ref, action=Action.BLOCKED, code="Stopped", message=message, origin=origin))


def _blocked(plan: Plan, blocked: Blocked, root: Outcome) -> Outcome:
    chain = "; ".join(str(edge) for edge in blocked.chain)
    return Outcome(
        ref=blocked.ref,
        action=Action.BLOCKED,
        code="DependencyFailed",
        message=f"{chain}; {root.ref} {root.action}",
        blocked_by=tuple(edge.before for edge in blocked.chain),
        origin=plan.by_ref[blocked.ref].origin,
    )
