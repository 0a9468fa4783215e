"""A process that is killed while several threads write a trail: what it was told is durable stands there."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from audit_support import open_trail_in, records_in
from brokkr_agent.audit.verify import verify
from brokkr_core.model.json import as_text

#: Writes as fast as it can in four threads and says of every intent that is durable, until it is killed.
WRITER = """
import os, sys, threading
from pathlib import Path
from brokkr_agent.audit.policy import Policy
from brokkr_agent.audit.record import Draft, Stage
from brokkr_agent.audit.segments import Segments
from brokkr_agent.audit.trail import Trail

segments = Segments(Path(sys.argv[1]))
trail = Trail(segments, segments.open().head, policy=Policy(segment_bytes=20_000, segments_kept=0))

def write():
    while True:
        done = trail.intent(Draft(stage=Stage.INTENT, action="resource.apply"))
        os.write(1, f"{done}\\n".encode())
        trail.tell(Draft(stage=Stage.OUTCOME, action="resource.apply", intent=done))

for _ in range(4):
    threading.Thread(target=write).start()
"""


def killed_after(place: Path, intents: int) -> list[str]:
    """Kill a writer after so many intents; return those it called durable."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(intents)]
    process.send_signal(signal.SIGKILL)
    told += process.stdout.read().splitlines(keepends=True)
    process.stdout.close()
    process.wait(30)
    return [line.rstrip("\n") for line in told if line.endswith("\n")]


def test_what_was_called_durable_is_there_after_each_of_several_kills(tmp_path: Path) -> None:
    durable: list[str] = []
    for intents in (1, 50, 200):
        durable += killed_after(tmp_path, intents)
        open_trail_in(tmp_path).close()
        assert verify(tmp_path).faults == []
    records = records_in(tmp_path)
    intents_there = {as_text(one["id"]) for one in records if one["stage"] == "intent"}

    assert set(durable) <= intents_there
    assert len(durable) >= 251
    assert len(intents_there - set(durable)) <= 3 * 4 + 3, "besides those under way, and the starts"
