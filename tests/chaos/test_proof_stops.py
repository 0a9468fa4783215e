"""The agent is stopped, and killed, at random moments of its work, and started again each time."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from random import Random

import pytest

from brokkr_agent.errors import FORCED
from proof_support import SEED, Fleet, check_end, check_events, check_order, fleet_of, sized

STACKS = sized(short=5, long=20)
STOPS, KILLS, FORCED_ENDS = sized(short=(1, 1, 1), long=(30, 30, 10))

DRAIN_SECONDS = 10.0

#: What a process needs after its drain: closing lines, and the interpreter's own end.
END_SECONDS = 3.0


@pytest.mark.slow
@pytest.mark.timeout(sized(short=180, long=3600))
@pytest.mark.parametrize("outbox", sized(short=["memory"], long=["memory", "file"]))
def test_stops_and_kills_at_random_moments_leave_no_stack_in_the_middle(tmp_path: Path, outbox: str) -> None:
    random = Random(SEED)
    path = str(tmp_path / "outbox.sqlite") if outbox == "file" else ""
    settings: dict[str, str | float] = {"drain_timeout_seconds": DRAIN_SECONDS, "lease_seconds": 2, "outbox_path": path}
    ends = ["stop"] * STOPS + ["kill"] * KILLS + ["force"] * FORCED_ENDS
    random.shuffle(ends)
    with fleet_of(tmp_path, STACKS, settings, start=False, slow=True) as fleet:
        for end in ends:
            with fleet.until_written(random.randint(1, 2 * STACKS)):
                fleet.post_all()
                fleet.play.start()
            if end == "kill":
                fleet.play.kill()
            elif end == "force":
                os.kill(fleet.play.process, signal.SIGINT)  # then the other one: two equal signals may become one
                assert fleet.play.stage.stop_agent() == FORCED, f"log:\n{fleet.play.log[-6000:]}"
            else:
                stop_in_time(fleet)
        fleet.play.start()
        fleet.converge()
        stop_in_time(fleet)

        check_order(fleet)
        check_end(fleet)
        check_events(fleet)


def stop_in_time(fleet: Fleet) -> None:
    """Ask the agent to end as Kubernetes does."""
    asked = time.monotonic()
    code = fleet.play.stage.stop_agent()
    took = time.monotonic() - asked
    assert code == 0, f"exit code {code}; log:\n{fleet.play.log[-6000:]}"
    assert took < DRAIN_SECONDS + END_SECONDS, f"the end took {took:.1f} s; log:\n{fleet.play.log[-6000:]}"
