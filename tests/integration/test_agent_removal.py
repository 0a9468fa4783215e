"""How the removal of a stack that is gone from the broker ends, when it does not end well."""

from __future__ import annotations

from agent_support import trying
from brokkr_agent.attempts import Attempts
from brokkr_agent.reconcile import Deployment
from brokkr_agent.recovery import Recovery
from brokkr_agent.stop import Stop
from brokkr_agent.turn import Turn
from brokkr_agent.witnesses import Indifferent
from brokkr_core.model.events import Event, PlanMade
from brokkr_core.model.outcome import Report
from brokkr_core.testing.cluster import FaultPlan, FaultRule, Refuse
from crash_support import Doomed
from engine_play import live, writes
from prune_support import RULES, STAMP
from stage_support import config_map, wait_for


class Hearing(Indifferent):
    """Keeps what it hears of ends."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def removed(self, stack_id: str, report: Report | None, message: str, /) -> None:
        self.heard.append("removed")

    def interrupted(self, stack_id: str, /) -> None:
        self.heard.append("interrupted")


def test_a_removal_that_a_stop_ends_is_no_failure_and_is_left_to_whoever_is_next() -> None:
    doomed, stop, witness = Doomed(), Stop(), Hearing()
    assert doomed.deploy(doomed.revision(config_map("one", a="1"))).ok
    target = doomed.target(doomed.client)

    def observe(event: Event, /) -> None:
        if isinstance(event, PlanMade):
            stop.set()

    attempts = Attempts(
        owner_id=STAMP.owner_id,
        turn=Turn(None, lambda: Recovery(target, RULES)),
        stop=stop,
        deployment=lambda _stack_id, _revision: Deployment(target, RULES, observer=observe, stop=stop),
        witness=witness,
        ended=lambda _attempt: None,
    )

    assert attempts.remove(STAMP.stack_id)
    assert witness.heard == ["interrupted"]
    assert live(doomed.client, "ConfigMap", "one") is not None


def test_a_removal_that_fails_again_and_again_is_not_tried_at_every_poll() -> None:
    with trying(removal_polls=2, removal_grace_seconds=0.0) as trial:
        stack = trial.add_stack("web")
        posted = trial.post(stack, config_map("one", a="1"))
        trial.start()
        trial.event(posted)
        refused = FaultRule(effect=Refuse(status=403), method="DELETE", path="/configmaps/one$")
        trial.cluster.break_with(FaultPlan(rules=[refused]))
        trial.operator.agents.targets.remove(trial.agent_id, stack.id)
        before = trial.polls
        wait_for(lambda: trial.polls >= before + 30, "thirty polls")
        tries = sum(one.startswith("DELETE") and one.endswith("/configmaps/one") for one in writes(trial.cluster))

        assert 1 <= tries <= 12
