"""Broker and cluster go away in the middle of the work: in turn, one after the other, and together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from brokkr_core.testing.cluster import Die, FaultPlan, FaultRule
from proof_support import Fleet, check_end, check_events, fleet_of, sized
from stage_support import wait_for

STACKS = sized(short=4, long=20)

#: How long something stays away after the agent has noticed, in seconds.
AWAY_SECONDS = sized(short=0.0, long=60.0)


@pytest.mark.slow
@pytest.mark.timeout(sized(short=180, long=3600))
def test_outages_in_mid_run_end_converged_with_one_event_per_attempt(tmp_path: Path) -> None:
    in_turn = sized(short=[[no_broker, no_cluster]], long=[[no_broker], [no_cluster], [no_broker, no_cluster]])
    with fleet_of(tmp_path, STACKS, slow=True) as fleet:
        for outages in in_turn:
            begin(fleet)
            for outage in outages:
                with outage(fleet):
                    time.sleep(AWAY_SECONDS)
                    assert not fleet.converged(), "it was not in the middle of the work"
            fleet.converge()
        begin(fleet)
        with no_broker(fleet), no_cluster(fleet):
            time.sleep(AWAY_SECONDS)
            assert not fleet.converged(), "it was not in the middle of the work"
        fleet.converge()
        assert fleet.play.stage.stop_agent() == 0

        check_end(fleet)
        check_events(fleet, failures=True)


def begin(fleet: Fleet) -> None:
    """Post to every stack, and wait until the first work is under way."""
    with fleet.until_written(2):
        fleet.post_all()


@contextmanager
def no_broker(fleet: Fleet) -> Iterator[None]:
    """Stop the broker as if it was killed, and wait until the agent has noticed."""
    with noticed(fleet, "round failed"):
        fleet.play.stage.broker.stop()
    yield
    fleet.play.stage.broker.start()


@contextmanager
def no_cluster(fleet: Fleet) -> Iterator[None]:
    """Let the API server die at the next request, and wait until the agent has noticed."""
    embedded = fleet.play.stage.embedded
    with noticed(fleet, "cluster does not answer"):
        embedded.break_with(FaultPlan(rules=[FaultRule(effect=Die())]))
    yield
    embedded.break_with(FaultPlan())
    embedded.revive()


@contextmanager
def noticed(fleet: Fleet, words: str) -> Iterator[None]:
    """Wait at the end of the block for new words in the agent's log."""
    before = fleet.play.log.count(words)
    yield
    wait_for(lambda: fleet.play.log.count(words) > before, f"{words!r} in the log:\n{fleet.play.log[-6000:]}")
