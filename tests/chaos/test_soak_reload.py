"""A hundred reloads while stacks are at work: none is lost, and none disturbs a deployment."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from proof_support import check_end, check_events, check_order, fleet_of
from stage_support import wait_for
from watch_support import Window, free_port

RELOADS = 100
STACKS = 10


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_reloads_under_load(tmp_path: Path) -> None:
    port = free_port()
    with fleet_of(tmp_path, STACKS, {"health_port": port, "health_address": "127.0.0.1"}, slow=True) as fleet:
        window, file = Window(port), tmp_path / "agent.toml"
        wait_for(window.is_ready, f"a ready agent; log:\n{fleet.play.log}")
        first = file.read_text()
        for number in range(1, RELOADS + 1):
            fleet.post(fleet.lines[number % STACKS])
            new = file.with_suffix(".new")
            new.write_text(f"{first}workers = {1 + number % 32}\nconcurrent_stacks = {1 + number % 8}\n")
            os.replace(new, file)
            os.kill(fleet.play.process, signal.SIGHUP)
            wait_for(
                lambda: window.value("config_generation") == 1 + number,  # noqa: B023 - asked at once
                f"reload {number}; log:\n{fleet.play.log[-6000:]}",
            )
        fleet.converge()
        assert fleet.play.stage.stop_agent() == 0

        check_order(fleet)
        check_end(fleet)
        check_events(fleet)
