"""Memory of the channel stays flat, whatever pours in and however little flows out."""

from __future__ import annotations

import json
import tracemalloc

from attrs import evolve

from brokkr_core.broker.channel import ChannelLimits
from channel_stage import SHORT, set_up
from channel_support import STACK_FRAME, Heard, ScriptedDial, ScriptedLine, channel_over, log_line
from stage_support import wait_for

MEBIBYTE = 1024 * 1024


def test_twenty_thousand_garbage_frames_and_pushes_leave_nothing_behind() -> None:
    heard, line = Heard(), ScriptedLine()
    with channel_over(ScriptedDial(line), heard) as channel:
        tracemalloc.start()
        try:
            for _ in range(20):
                for _ in range(1000):
                    line.bring("x" * 1000)
                    line.bring(json.dumps(STACK_FRAME))
                wait_for(line.empty, "the flood to be read")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert channel.state.frames_refused == 20_000

    assert peak < 6 * MEBIBYTE, "a thousand of each wait in the script, and nothing else"


def test_fifty_mebibytes_of_lines_for_a_peer_that_reads_nothing_cost_one_lane() -> None:
    limits = evolve(SHORT, ping_seconds=60.0, write_seconds=60.0, lane_bytes=2 * MEBIBYTE)
    with set_up(limits=limits) as scene:
        scene.front.stall()
        line = log_line("x" * 100_000)
        tracemalloc.start()
        try:
            taken = sum(scene.channel.offer(line) for _ in range(500))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        assert 20 <= taken < 400
        assert peak < 12 * MEBIBYTE
        assert scene.channel.state.dropped["telemetry"] == 500 - taken
        scene.channel.close(timeout_seconds=0.1)


def test_the_lanes_have_bounds_by_default() -> None:
    limits = ChannelLimits()

    assert limits.lane_bytes * 2 + limits.incoming_bytes * 4 <= 32 * MEBIBYTE
