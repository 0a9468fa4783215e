"""The waiting room: what was written stays here until it is ready, has failed, or its time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import evolve

from brokkr_core.apply.identity import resource_version
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.readiness import Readiness, State
from brokkr_core.apply.readiness.household import may_be_asked
from brokkr_core.apply.readiness.subject import Backend
from brokkr_core.apply.waiting.baseline import patience, weigh
from brokkr_core.apply.waiting.facts import rests_on_others
from brokkr_core.apply.waiting.inquiry import Inquiry
from brokkr_core.apply.waiting.judge import Judge, Waiting, see
from brokkr_core.apply.waiting.lookout import Lookout
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import ObjectWaiting, Observer
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.kinds import SERVICE
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef


class WaitingRoom:
    """Holds the objects of one run that were written and are not settled. Use it from one thread, and close it.

    Args:
        client: the cluster.
        policy: how long an object may take, and how often time alone is a reason to look.
        observer: hears what an object waits for.
        wanted: every object that may come here.
        before: how objects were before the run, as far as somebody read them.
        wake: called from other threads when there is a reason to ``look``.
        seen_ready: hears of every object that is ready without reservation, and how it was then.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        policy: ApplyPolicy,
        observer: Observer,
        wanted: Iterable[ObjectRef],
        before: Mapping[ObjectRef, JsonObject],
        wake: Callable[[], None],
        seen_ready: Callable[[ObjectRef, JsonObject], None] = lambda _ref, _body: None,
    ) -> None:
        everyone = tuple(wanted)
        self._began = client.now()
        self._observer = observer
        self._timeout = policy.ready_timeout_seconds
        self._poll = policy.poll_seconds
        self._before = dict(before)
        self._seen_ready = seen_ready
        self._ready = policy.ready
        # How a Service of this run answered before it, nobody asked; it must not excuse what this run has done to it.
        self._touched = frozenset(
            Backend(namespace=ref.namespace, name=ref.name) for ref in everyone if ref.group_kind == SERVICE
        )
        self._were: dict[ObjectRef, Readiness] = {}
        self._judge = Judge(client, policy.ready)
        self._inquiry = Inquiry(client, since=self._began, interval_seconds=policy.ready.late_seconds, wake=wake)
        self._lookout = Lookout(client, wanted=everyone, wake=wake, poll_seconds=policy.poll_seconds)
        self._waiting: dict[ObjectRef, Waiting] = {}
        self._arrived: set[ObjectRef] = set()
        self._look_at_all = 0.0  #: when everything is judged again, because graces and deadlines run out silently

    def __len__(self) -> int:
        return len(self._waiting)

    def admit(self, outcome: Outcome, body: JsonObject) -> None:
        """Wait for an object.

        Args:
            outcome: what became of it so far.
            body: the answer to its write, or how it was found; empty when it has to be read first.
        """
        now, allowed = time.monotonic(), self._allowed(outcome.ref, body)
        self._arrived.add(outcome.ref)
        self._waiting[outcome.ref] = Waiting(
            outcome=outcome,
            body=body,
            written=resource_version(body),
            since=now,
            allowed=allowed,
            deadline=now + allowed,
            echo_until=now + self._poll,
        )

    def forget(self, ref: ObjectRef) -> None:
        """Hold an object no longer, and look at it no longer."""
        self._waiting.pop(ref, None)
        self._lookout.forget(ref)

    def outcomes(self) -> list[Outcome]:
        """Return what became so far of everything that still waits."""
        return [waiting.outcome for waiting in self._waiting.values()]

    def pause_seconds(self) -> float:
        """Return how long there is nothing to do, unless something new is seen."""
        if not self._waiting:
            return self._poll
        return min(self._poll, max(0.0, self._look_at_all - time.monotonic()))

    def look(self) -> Iterator[Outcome]:
        """Judge what has arrived and what there is news of; now and then everything, because time alone tells too.

        Yields:
            The outcome of every object that has come to its end.
        """
        now = time.monotonic()
        news = self._take_in_news()
        arrived, self._arrived = self._arrived, set()
        everything = now >= self._look_at_all
        concerned = arrived | news | self._inquiry.news()
        for ref in [ref for ref in self._waiting if everything or ref in concerned]:
            readiness = self._judge.judge(ref, self._waiting[ref], now=now, household=self._inquiry.of(ref))
            if ref in arrived and readiness.state is not State.READY:
                self._set_deadline(ref, now)
            ended = self._ended(self._waiting[ref], readiness, now)
            if ended is not None:
                self.forget(ref)
                yield ended
                continue
            if ref in arrived:
                self._lookout.expect(ref)
            self._say(ref, str(readiness))
        if everything:
            self._inquiry.ask({ref: one.body for ref, one in self._waiting.items() if self._is_late(one, now)})
            deadlines = [waiting.deadline for waiting in self._waiting.values()]
            self._look_at_all = min([now + self._poll, *deadlines])

    def close(self) -> None:
        """End every watch and wait for every thread."""
        self._lookout.close()
        self._inquiry.close()

    def _take_in_news(self) -> set[ObjectRef]:
        news = {ref: sight for ref, sight in self._lookout.news().items() if ref in self._waiting}
        for ref, sight in news.items():
            waiting = self._waiting[ref] = see(self._waiting[ref], sight)
            if waiting.outcome.action is Action.UNCHANGED and ref not in self._before and sight.body is not None:
                # Proven unchanged by its metadata alone: the first look at it shows how it was found.
                self._before[ref] = sight.body
                self._arrived.add(ref)
        return set(news)

    def _set_deadline(self, ref: ObjectRef, now: float) -> None:
        """Give an object its time; one that an earlier run left unready has only the rest of that run's time."""
        waiting, live, before = self._waiting[ref], self._before.get(ref), self._was(ref)
        if waiting.outcome.action is Action.UNCHANGED and live is not None and before is not None:
            allowed = self._allowed(ref, waiting.body)
            left = patience(live, before, now=self._began, timeout_seconds=allowed)
            self._waiting[ref] = waiting = evolve(waiting, allowed=allowed, deadline=now + left)
        self._look_at_all = min(self._look_at_all, waiting.deadline)

    def _was(self, ref: ObjectRef) -> Readiness | None:
        """How an object was when the run began, if it was there and somebody read it; asked once."""
        live = self._before.get(ref)
        if live is not None and ref not in self._were:
            self._were[ref] = self._judge.assess(ref, live, now=self._began, given=self._touched)
        return self._were.get(ref)

    def _allowed(self, ref: ObjectRef, body: JsonObject) -> float:
        """Return how many seconds an object may take; the policy may give a load balancer its own."""
        own = None
        if ref.group_kind == SERVICE and dig(body, "spec", "type") == "LoadBalancer":
            own = self._ready.load_balancer_seconds(as_text(dig(body, "spec", "loadBalancerClass")))
        return self._timeout if own is None else own

    def _is_late(self, one: Waiting, now: float) -> bool:
        return now - one.since >= self._ready.late_seconds and may_be_asked(one.body)

    def _ended(self, waiting: Waiting, readiness: Readiness, now: float) -> Outcome | None:
        outcome = waiting.outcome
        if readiness.state is State.READY:
            if not readiness.flagged and not rests_on_others(outcome.ref, waiting.body):
                self._seen_ready(outcome.ref, waiting.body)
            return _with_reservation(outcome, readiness)
        if readiness.state is State.FAILED:
            ended = evolve(outcome, action=Action.FAILED, code=readiness.reason, message=str(readiness))
        elif now >= waiting.deadline:
            late = f"not ready after {waiting.allowed:.0f} s: {readiness}"
            ended = evolve(outcome, action=Action.TIMED_OUT, code=readiness.reason, message=late)
        else:
            return None
        return weigh(ended, action=outcome.action, before=self._was(outcome.ref), after=readiness)

    def _say(self, ref: ObjectRef, reason: str) -> None:
        if self._waiting[ref].said != reason:
            self._waiting[ref] = evolve(self._waiting[ref], said=reason)
            self._observer(ObjectWaiting(ref=ref, reason=reason))


def _with_reservation(outcome: Outcome, readiness: Readiness) -> Outcome:
    if not readiness.flagged:
        return outcome
    message = "; ".join(filter(None, (outcome.message, str(readiness))))
    return evolve(outcome, code=outcome.code or readiness.reason, message=message)
