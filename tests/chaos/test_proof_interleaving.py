"""Many stacks, many revisions, in whatever order: the newest wins, and each attempt is told once."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from proof_support import SEED, check_end, check_events, check_order, fleet_of, post_interleaved, sized

STACKS, REVISIONS = sized(short=(12, 3), long=(200, 5))


@pytest.mark.slow
@pytest.mark.timeout(sized(short=120, long=3600))
def test_no_older_revision_is_ever_written_after_a_newer_one_and_all_converge(tmp_path: Path) -> None:
    with fleet_of(tmp_path, STACKS) as fleet:
        post_interleaved(fleet, REVISIONS, Random(SEED))
        fleet.converge()
        assert fleet.play.stage.stop_agent() == 0

        check_order(fleet)
        check_end(fleet)
        check_events(fleet)
        told = {revision for revision, _ in fleet.events()}
        assert fleet.written() <= told, "what was begun was told"
        assert told - fleet.written() <= fleet.overtaken(), "only who was overtaken ends without a write"
        several = [line for line in fleet.lines if len({one.revision for one in fleet.history.of(line.stack)}) > 1]
        assert several, "no stack was ever at work on more than its newest revision: nothing was shown"
