"""Rounds of a fleet are spread by id, the same way every time."""

from __future__ import annotations

import pytest

from brokkr_core.broker.phase import phase_of, wait_for_phase
from process_support import in_a_fresh_process

AGENT = "a1a1a1a1-0001-4000-8000-000000000001"


def test_the_phase_of_an_agent_is_the_same_in_every_process() -> None:
    code = f"from brokkr_core.broker.phase import phase_of; print(repr(phase_of({AGENT!r}, 'poll')))"

    assert in_a_fresh_process(code) == repr(phase_of(AGENT, "poll"))


def test_polls_and_heartbeats_of_one_agent_fall_apart() -> None:
    assert phase_of(AGENT, "poll") != phase_of(AGENT, "heartbeat")


def test_a_fleet_is_spread_evenly() -> None:
    tenths = [0] * 10
    for number in range(10_000):
        tenths[int(phase_of(f"agent-{number}", "poll") * 10)] += 1

    assert min(tenths) > 850
    assert max(tenths) < 1150


@pytest.mark.parametrize(
    ("now", "phase", "wait"),
    [
        (100.0, 0.0, 10.0),
        (101.0, 0.0, 9.0),
        (109.5, 0.0, 0.5),
        (100.0, 0.5, 5.0),
        (105.0, 0.5, 10.0),
        (106.0, 0.5, 9.0),
    ],
)
def test_a_round_falls_on_the_next_point_of_the_agents_grid(now: float, phase: float, wait: float) -> None:
    assert wait_for_phase(now, 10.0, phase) == pytest.approx(wait)


def test_without_an_interval_there_is_no_wait() -> None:
    assert wait_for_phase(123.4, 0.0, 0.5) == 0.0
