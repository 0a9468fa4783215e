"""A stack that is slow, or never gets ready, costs the others at most the one thread it keeps."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from brokkr_core.testing.cluster import Delay, FaultPlan, FaultRule
from proof_support import Fleet, fleet_of, sized
from stage_support import config_map, wait_for

STACKS = sized(short=6, long=40)
ROUNDS = sized(short=4, long=10)

#: One of the agent's four threads is taken: what three of them do takes them 4/3 of the time. The rest is for the
#: noise of a machine that does other things; stacks that wait for the slow one would never be done at all.
MOST = 2.5

NEVER_READY = (
    "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: slow, namespace: slow}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: does-not-exist}]}}}\n"
)
NAMESPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: slow}\n"
MANY = "".join(config_map(f"many-{number}", namespace="slow") for number in range(100))
PATIENT: dict[str, str | float] = {"ready_timeout_seconds": 3000, "ready_pod_start_seconds": 3000}

SLOW = {"never ready": NAMESPACE + NEVER_READY, "slow answers": NAMESPACE + MANY}


@pytest.mark.slow
@pytest.mark.timeout(sized(short=120, long=1800))
@pytest.mark.parametrize("kind", sized(short=["never ready"], long=list(SLOW)))
def test_one_slow_stack_does_not_slow_the_others(tmp_path: Path, kind: str) -> None:
    """Two agents take turns, so that whatever else the machine does slows both."""
    with (
        fleet_of(folder(tmp_path, "alone"), STACKS, PATIENT) as one,
        fleet_of(folder(tmp_path, "beside"), STACKS, PATIENT) as other,
    ):
        late = FaultRule(effect=Delay(seconds=20.0), path="/namespaces/slow/")
        other.play.stage.embedded.break_with(FaultPlan(rules=[late] if kind == "slow answers" else []))
        slow = other.play.post(SLOW[kind], stack=other.play.add_stack("slow"))
        wait_for(lambda: other.play.live("Namespace", "slow", namespace=""), "the slow stack to be begun")
        both = [(seconds(one), seconds(other)) for _ in range(1 + ROUNDS)]
        alone, beside = (min(took) for took in zip(*both[1:], strict=True))  # the first asks what there is, too

        assert other.play.events(slow) == [], "the slow stack was not slow"
        assert beside / alone < MOST, f"{alone:.2f} s alone, {beside:.2f} s beside a slow stack: {both}"
        one.play.kill()
        other.play.kill()


def folder(parent: Path, name: str) -> Path:
    """Make a folder for one of several stages."""
    made = parent / name
    made.mkdir()
    return made


def seconds(fleet: Fleet) -> float:
    """Return how long the next revision of every stack takes."""
    began = time.monotonic()
    fleet.post_all()
    fleet.converge()
    return time.monotonic() - began
