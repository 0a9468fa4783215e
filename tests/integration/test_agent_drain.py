"""From a stop to the end: nothing else is begun, and nobody else may begin."""

from __future__ import annotations

import threading
from functools import partial

from agent_support import Trial, trying
from brokkr_core.kube import Lease
from brokkr_core.model.json import as_text, dig
from brokkr_core.model.ref import ObjectRef
from engine_play import writes
from stage_support import wait_for


def lease_of(trial: Trial) -> ObjectRef:
    name = f"brokkr-agent-{trial.agent_id}"
    return ObjectRef(group="coordination.k8s.io", version="v1", kind="Lease", namespace="default", name=name)


def held_by(trial: Trial) -> str:
    return as_text(dig(trial.client.find(lease_of(trial)), "spec", "holderIdentity"))


def renewals(trial: Trial) -> int:
    return sum(one.startswith("PUT ") and "/leases/" in one for one in writes(trial.cluster))


def wait_at(gate: threading.Event) -> None:
    gate.wait()


def hold_a_loop(trial: Trial, answer: threading.Event) -> None:
    """Let a loop of the agent wait for an answer that does not come."""
    asked = trial.gate()

    def work() -> None:
        asked.set()
        answer.wait()

    trial.supervisor.begin("slow", lambda: 0.0, work)
    asked.wait()


def test_the_lease_is_renewed_until_what_is_under_way_has_ended_and_then_given_back() -> None:
    with trying(lease_seconds=3) as trial:
        trial.start()
        wait_for(lambda: held_by(trial), "the Lease")
        under_way = trial.gate()
        trial.crew.submit("slow", partial(wait_at, under_way))
        trial.stop.set()
        before = renewals(trial)
        wait_for(lambda: renewals(trial) >= before + 2, "renewals after the stop")
        other = Lease(trial.client, namespace="default", name=lease_of(trial).name, holder="other", duration_seconds=1)
        assert not other.take()
        under_way.set()
        trial.end()

        assert trial.drained
        assert held_by(trial) == ""
        assert other.take()


def test_after_a_stop_no_stack_is_begun_while_a_loop_still_waits_for_its_answer() -> None:
    with trying(concurrent_stacks=1) as trial:
        trial.start()
        wait_for(lambda: held_by(trial), "the Lease")
        answer, under_way, begun = trial.gate(), trial.gate(), trial.gate()
        trial.crew.submit("first", partial(wait_at, under_way))
        trial.crew.submit("second", begun.set)
        hold_a_loop(trial, answer)
        trial.stop.set()
        wait_for(lambda: trial.crew.busy == 1, "the crew to let go of what waited")
        under_way.set()
        wait_for(lambda: trial.crew.busy == 0, "the end of what was under way")
        answer.set()
        trial.end()

        assert trial.drained
        assert not begun.is_set()


def test_the_lease_runs_out_by_itself_when_something_may_still_write() -> None:
    with trying(drain_timeout_seconds=0.3) as trial:
        trial.start()
        wait_for(lambda: held_by(trial), "the Lease")
        answer = trial.gate()
        hold_a_loop(trial, answer)
        trial.end()

        assert trial.drained is False
        assert held_by(trial) != ""
