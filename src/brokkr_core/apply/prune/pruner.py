"""Delete what left a stack: the last thing a run does, and the one it checks most."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from brokkr_core.apply.frontier import Frontier
from brokkr_core.apply.identity import uid
from brokkr_core.apply.inventory.values import StackKey
from brokkr_core.apply.outcomes import STOPPED, blocked_outcome, not_begun
from brokkr_core.apply.prune.candidates import Candidate
from brokkr_core.apply.prune.delete import Errand
from brokkr_core.apply.prune.policy import PrunePolicy
from brokkr_core.apply.prune.vanishing import Vanishing, still_there, why_there
from brokkr_core.errors import StoppedError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import ObjectFinished, ObjectStarted, ObjectWaiting, Observer, silent
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering import deletion_plan
from brokkr_core.threads import Pool


class Pruner:
    """Deletes what left a stack, each object when everything that depends on it is gone; make a new one every run.

    Args:
        client: the cluster.
        key: stack and owner whose annotations an object must carry to be ours.
        policy: protected kinds, how many at once, and how long finalizers may take.
        applied: uids of what the revision consists of; none of them is deleted, whatever it is called.
        observer: hears of every object, from the calling thread.
        stop: asked between operations; once true, nothing new is deleted.
    """

    def __init__(
        self,
        client: KubeClient,
        key: StackKey,
        *,
        policy: PrunePolicy | None = None,
        applied: Iterable[str] = (),
        observer: Observer = silent,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = client
        self._policy = policy or PrunePolicy()
        self._errand = Errand(
            client=client, key=key, policy=self._policy, applied=frozenset(one for one in applied if one)
        )
        self._observer = observer
        self._stop = stop
        self._outcomes: dict[ObjectRef, Outcome] = {}
        self._vanishing: dict[ObjectRef, Vanishing] = {}
        self._running: dict[Future[Outcome | JsonObject], ObjectRef] = {}

    def run(self, candidates: Iterable[Candidate]) -> tuple[Outcome, ...]:
        """Delete what may go and wait until each is gone.

        Args:
            candidates: what left the stack, as ``survey`` found it. What is settled there stays settled.

        Returns:
            One outcome per candidate, in deletion order: pruned, skipped with the reason it was kept, or what went
            wrong. What goes wrong blocks what the object depends on, and nothing else.
        """
        known = {one.ref: one for one in candidates}
        plan = deletion_plan(_manifest(one) for one in known.values())
        frontier = Frontier(plan)
        look_at = 0.0
        with Pool(self._policy.workers, thread_name_prefix="prune") as pool:
            while True:
                self._start(frontier, known, pool)
                if not self._running and (not self._vanishing or self._stop()):
                    break
                fresh = self._collect(frontier, look_at)
                if self._vanishing and (time.monotonic() >= look_at or (fresh and not self._running)):
                    self._look(frontier)
                    look_at = time.monotonic() + self._policy.poll_seconds
        self._leave_rest(frontier)
        return tuple(self._outcomes[manifest.ref] for manifest in plan.manifests)

    def _start(self, frontier: Frontier, known: dict[ObjectRef, Candidate], pool: Pool) -> None:
        """Hand out what has its turn. What is settled needs no worker, and may make further turns."""
        while not self._stop():
            turn = frontier.take()
            if not turn:
                return
            for ref in turn:
                self._observer(ObjectStarted(ref=ref))
                settled = known[ref].settled
                if settled is not None:
                    self._settle(frontier, settled)
                else:
                    self._running[pool.submit(self._work, known[ref])] = ref

    def _work(self, candidate: Candidate) -> Outcome | JsonObject:
        """Delete one object; runs in a worker thread and never raises for what the object or the line does."""
        if self._stop():
            return not_begun(candidate.ref)
        try:
            return self._errand.carry_out(candidate)
        except StoppedError:
            return not_begun(candidate.ref)

    def _collect(self, frontier: Frontier, look_at: float) -> bool:
        """Take in what the workers finished, and let time pass until there is something to do.

        Returns:
            Whether another deletion was asked for.
        """
        patience = max(0.0, look_at - time.monotonic())
        if not self._running:
            time.sleep(min(patience, self._policy.poll_seconds))
            return False
        done, _ = wait(self._running, timeout=patience if self._vanishing else None, return_when=FIRST_COMPLETED)
        fresh = False
        for future in done:
            ref, result = self._running.pop(future), future.result()
            if isinstance(result, Outcome):
                # After a stop nothing is blocked by what was not begun: it is all left for the next run.
                (self._finish(result) if result.code == STOPPED else self._settle(frontier, result))
                continue
            fresh = True
            deadline = time.monotonic() + self._policy.gone_timeout_seconds
            self._vanishing[ref] = Vanishing(ref=ref, uid=uid(result), deadline=deadline)
        return fresh

    def _look(self, frontier: Frontier) -> None:
        """Settle what is gone, and what will not go."""
        try:
            there = still_there(self._client, self._vanishing.values())
        except StoppedError:
            return
        now = time.monotonic()
        for ref, known in list(self._vanishing.items()):
            one = there.get(ref)
            if one is None:
                self._settle(frontier, Outcome(ref=ref, action=Action.PRUNED, uid=known.uid))
                continue
            if now > one.deadline:
                message = f"still there after {self._policy.gone_timeout_seconds:.0f} s; {why_there(self._client, one)}"
                self._settle(frontier, Outcome(ref=ref, action=Action.TIMED_OUT, code="Terminating", message=message))
                continue
            self._vanishing[ref] = one
            if not known.body:
                self._observer(ObjectWaiting(ref=ref, reason="deletion asked for, not gone yet"))

    def _settle(self, frontier: Frontier, outcome: Outcome) -> None:
        self._vanishing.pop(outcome.ref, None)
        self._finish(outcome)
        if outcome.ok:
            frontier.succeed(outcome.ref)
            return
        for blocked in frontier.fail(outcome.ref):
            self._finish(blocked_outcome(blocked, outcome))

    def _finish(self, outcome: Outcome) -> None:
        self._outcomes[outcome.ref] = outcome
        self._observer(ObjectFinished(outcome=outcome))

    def _leave_rest(self, frontier: Frontier) -> None:
        """After a stop: what was asked for is not observed, what was not begun is left for the next run."""
        for ref in list(self._vanishing):
            message = "deletion asked for; stopped before it was seen gone"
            self._finish(Outcome(ref=ref, action=Action.NOT_OBSERVED, code=STOPPED, message=message))
        for ref in frontier.untouched:
            self._finish(not_begun(ref))


def _manifest(candidate: Candidate) -> Manifest:
    return Manifest(ref=candidate.ref, body=candidate.live or {})
