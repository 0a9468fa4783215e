"""Apply a plan: as many objects at once as the edges allow, each waited for before its dependents start."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from attrs import evolve

from brokkr_core.apply.forecast import Forecast
from brokkr_core.apply.frontier import Blocked, Frontier
from brokkr_core.apply.memory import Memory
from brokkr_core.apply.pace import Pace
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.readiness import State
from brokkr_core.apply.recorder import NoRecorder, Recorder
from brokkr_core.apply.wait import Waiting, look
from brokkr_core.apply.worker import Step, Worker
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import ObjectFinished, ObjectStarted, ObjectWaiting, Observer, silent
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import ObjectRef


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
        self._outcomes: dict[ObjectRef, Outcome] = {}
        self._waiting: dict[ObjectRef, Waiting] = {}
        self._running: dict[Future[Step], ObjectRef] = {}

    def run(self, plan: Plan, forecasts: Mapping[ObjectRef, Forecast]) -> tuple[Outcome, ...]:
        """Apply everything and wait until it is ready.

        Args:
            plan: resolved manifests and edges.
            forecasts: what the preflight found, one per object.

        Returns:
            Exactly one outcome per object, in plan order.
        """
        frontier = Frontier(plan)
        with ThreadPoolExecutor(self._policy.workers, thread_name_prefix="apply") as pool:
            while True:
                if not self._stop():
                    self._start(frontier, forecasts, pool)
                if not self._running and (not self._waiting or self._stop()):
                    break
                self._collect(frontier, plan)
                self._look(frontier, plan)
        self._leave_rest(frontier, plan)
        return tuple(self._outcomes[manifest.ref] for manifest in plan.manifests)

    def _start(self, frontier: Frontier, forecasts: Mapping[ObjectRef, Forecast], pool: ThreadPoolExecutor) -> None:
        for ref in frontier.take():
            self._observer(ObjectStarted(ref=ref))
            self._running[pool.submit(self._worker, forecasts[ref])] = ref

    def _collect(self, frontier: Frontier, plan: Plan) -> None:
        """Take in what the workers finished; when only waiting is left, this is where the time passes."""
        if not self._running:
            time.sleep(self._policy.poll_seconds)
            return
        timeout = self._policy.poll_seconds if self._waiting else None
        done, _ = wait(self._running, timeout=timeout, return_when=FIRST_COMPLETED)
        for future in done:
            ref = self._running.pop(future)
            step = future.result()
            if not step.outcome.ok or not self._policy.wait or step.ready:
                self._settle(frontier, plan, step.outcome)
                continue
            deadline = time.monotonic() + self._policy.ready_timeout_seconds
            self._waiting[ref] = Waiting(outcome=step.outcome, body=step.body, deadline=deadline, fresh=bool(step.body))

    def _look(self, frontier: Frontier, plan: Plan) -> None:
        """Judge everything that waits; one LIST per kind and namespace, none for what was just answered."""
        if self._stop():
            return
        now = time.monotonic()
        for ref, (waiting, readiness) in look(self._client, self._waiting).items():
            known, self._waiting[ref] = self._waiting[ref], waiting
            if readiness.state is State.READY:
                self._memory.seen_ready(ref, waiting.body)
                self._settle(frontier, plan, waiting.outcome)
            elif readiness.state is State.FAILED:
                failed = evolve(waiting.outcome, action=Action.FAILED, code=readiness.reason, message=str(readiness))
                self._settle(frontier, plan, failed)
            elif now > waiting.deadline:
                late = f"not ready after {self._policy.ready_timeout_seconds:.0f} s: {readiness}"
                timed_out = evolve(waiting.outcome, action=Action.TIMED_OUT, code=readiness.reason, message=late)
                self._settle(frontier, plan, timed_out)
            elif known.said != str(readiness):
                self._waiting[ref] = evolve(waiting, said=str(readiness))
                self._observer(ObjectWaiting(ref=ref, reason=str(readiness)))

    def _settle(self, frontier: Frontier, plan: Plan, outcome: Outcome) -> None:
        self._waiting.pop(outcome.ref, None)
        self._finish(outcome)
        if outcome.ok:
            frontier.succeed(outcome.ref)
            return
        for blocked in frontier.fail(outcome.ref):
            self._finish(_blocked(plan, blocked, outcome))

    def _finish(self, outcome: Outcome) -> None:
        self._outcomes[outcome.ref] = outcome
        self._observer(ObjectFinished(outcome=outcome))

    def _leave_rest(self, frontier: Frontier, plan: Plan) -> None:
        """After a stop: what was written is not observed, what was not started is left for the next run."""
        for waiting in list(self._waiting.values()):
            message = "stopped before it was seen ready"
            self._finish(evolve(waiting.outcome, action=Action.NOT_OBSERVED, code="Stopped", message=message))
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
