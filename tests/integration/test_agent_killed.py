"""An agent that is killed in the middle of a run, as a real process, and the one that comes after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from brokkr_agent.recovery import Recovery
from brokkr_agent.rules import AfterCrash
from brokkr_agent.target import Target
from brokkr_agent.turn import Turn
from brokkr_core.apply import InventoryStore
from brokkr_core.errors import StoppedError
from brokkr_core.kube import KubeClient, Lease
from brokkr_core.testing.cluster import EmbeddedCluster
from clock_support import ObedientClock
from prune_support import RULES
from stage_support import config_map, playing, wait_for

ENDLESS = (
    "---\napiVersion: batch/v1\nkind: Job\n"
    "metadata: {name: long, namespace: default, annotations: {brokkr.io/idempotent: 'true'}}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: does-not-exist}]}}}\n"
)
PATIENT: dict[str, str | float] = {"ready_timeout_seconds": 600, "lease_seconds": 1}


def test_a_killed_agents_run_is_gone_on_with(tmp_path: Path) -> None:
    with playing(tmp_path, PATIENT) as play:
        assert play.event(play.post(config_map("web", a="1"))).status == "SUCCESS"
        posted = play.post(config_map("web", a="2") + ENDLESS)
        wait_for(lambda: play.live("Job", "long", api="batch/v1"), "the Job to be written")
        play.kill()
        play.start()

        assert play.event(play.post(config_map("web", a="3"))).status == "SUCCESS"
        assert (play.live("ConfigMap", "web") or {}).get("data") == {"a": "3"}
        assert play.live("Job", "long", api="batch/v1") is None
        assert play.events(posted) == [], "an attempt that was killed has not ended"


def test_a_killed_agents_run_is_put_back_first_where_the_settings_say_so(tmp_path: Path) -> None:
    with playing(tmp_path, {**PATIENT, "after_crash": "rollback"}) as play:
        assert play.event(play.post(config_map("web", a="1"))).status == "SUCCESS"
        play.post(config_map("web", a="2") + ENDLESS)
        wait_for(lambda: play.live("Job", "long", api="batch/v1"), "the Job to be written")
        play.kill()
        play.stage.operator.stacks.delete(play.stack.id)  # so that nothing is deployed after it
        play.start()
        wait_for(lambda: "a run was left in the middle" in play.log, "the run to be put back")

        assert "end=VERIFIED_EXACT" in play.log
        assert (play.live("ConfigMap", "web") or {}).get("data") == {"a": "1"}
        assert play.live("Job", "long", api="batch/v1") is None


class Agents:
    """Several agents of one id on one cluster, each with a Lease on the same clock."""

    def __init__(self) -> None:
        self.client = KubeClient(EmbeddedCluster().transport())
        self.clock = ObedientClock()
        self.returned: list[str] = []

    def turn(self, holder: str) -> Turn:
        target = Target(client=self.client, store=InventoryStore(self.client, namespace="default"))
        lease = Lease(
            self.client,
            namespace="default",
            name="agent",
            holder=holder,
            clock=self.clock.monotonic,
            now=self.clock.now,
        )
        assert RULES.after_crash is AfterCrash.RESUME
        return Turn(lease, lambda: Recovery(target, RULES), on_return=lambda: self.returned.append(holder))


def test_of_two_agents_of_one_id_one_works(capsys: pytest.CaptureFixture[str]) -> None:
    agents = Agents()
    one, two = agents.turn("one"), agents.turn("two")
    one.take()

    for _ in range(3):
        with pytest.raises(StoppedError, match="another agent of this id"):
            two.take()
    assert (one.lost, two.lost) == (False, True)
    assert capsys.readouterr().out.count("waiting until it ends") == 1, "it is said once, not at every poll"


def test_the_turn_of_an_agent_that_is_silent_goes_to_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    agents = Agents()
    one, two = agents.turn("one"), agents.turn("two")
    one.take()
    for _ in range(4):
        agents.clock.sleep(5.0)
        one.keep()
        with pytest.raises(StoppedError):
            two.take()
    agents.clock.sleep(15.0)
    two.take()
    one.keep()

    assert (one.lost, two.lost) == (True, False)
    with pytest.raises(StoppedError):
        one.take()
    two.give_up()
    one.take()
    one.take()
    assert agents.returned == ["two", "one"], "who had to wait learns once what the other has told"
