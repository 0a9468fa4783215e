"""A log that cannot be written costs its lines and nothing else."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from brokkr_agent.logs.pipeline import Pipeline
from brokkr_agent.logs.render import as_console, as_json
from brokkr_agent.logs.sink import Sink
from log_support import paper


def test_a_pipe_that_nobody_reads_is_waited_for_once_and_then_no_more() -> None:
    reader, writer = os.pipe()
    sink = Sink(writer, patience_seconds=0.5)
    while sink.write("x" * 1000):
        pass
    begun = time.monotonic()
    for _ in range(100):
        assert not sink.write("lost")
    assert time.monotonic() - begun < 25.0  # half of what it took if each of them waited
    assert sink.lost == 101

    os.set_blocking(reader, False)
    read = os.read(reader, 1 << 20)
    assert sink.write("again")
    rest = os.read(reader, 1 << 20)
    assert (read + rest).decode().splitlines()[-1] == "again"
    assert set(map(len, (read + rest).decode().splitlines()[:-2])) == {1000}
    os.close(reader)
    assert not sink.write("nobody is there")
    os.close(writer)


@pytest.mark.parametrize("where", ["/dev/full", "closed", "nowhere"])
def test_what_cannot_be_written_is_counted(where: str) -> None:
    descriptor = None if where == "nowhere" else os.open("/dev/full", os.O_WRONLY)
    if where == "closed" and descriptor is not None:
        os.close(descriptor)
    sink = Sink(descriptor)

    assert not sink.write("one")
    assert not sink.write("two")
    assert sink.lost == 2
    if where == "/dev/full" and descriptor is not None:
        os.close(descriptor)


def test_a_line_without_end_is_ended_before_the_next(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    sink = Sink(writer, patience_seconds=0.01)
    assert not sink.write("x" * 200_000)
    os.set_blocking(reader, False)
    begun = b""
    while len(begun) < 60_000:
        begun += os.read(reader, 1 << 20)
    assert sink.write("whole")

    assert os.read(reader, 1 << 20) == b"\nwhole\n"
    os.close(reader)
    os.close(writer)


def test_a_lock_that_somebody_keeps_is_not_waited_for_forever() -> None:
    sink = Sink(None, patience_seconds=0.01)
    with sink._lock:
        written = threading.Thread(target=sink.write, args=("line",))
        written.start()
        written.join(30.0)
        assert not written.is_alive()
    assert sink.lost == 1


def test_when_lines_can_be_written_again_the_lost_ones_are_told() -> None:
    with paper() as written:
        good = written.pipeline.sink
        written.pipeline.sink = Sink(None)
        written.pipeline.take({"event": "lost"}, "agent", "info")
        good._lost = written.pipeline.sink.lost
        written.pipeline.sink = good
        written.pipeline.take({"event": "there"}, "agent", "info")
        written.pipeline.take({"event": "quiet"}, "agent", "info")
        told = [(line["component"], line["event"], line.get("lost")) for line in written.lines]

    assert told == [
        ("agent", "there", None),
        ("log", "lines of the log could not be written", 1),
        ("agent", "quiet", None),
    ]


def test_nothing_that_is_logged_raises() -> None:
    class Hostile:
        def __str__(self) -> str:
            raise BaseExceptionGroup("no", [KeyError()])

    def unable(_fields: object) -> str:
        raise RuntimeError("cannot")

    with paper() as written:
        written.pipeline.take({"event": "e", "x": Hostile()}, "agent", "warning")
        (line,) = written.lines
    assert line["event"] == "a line could not be made; this is a bug of the log"
    Pipeline(Sink(None), unable).take({"event": "e"}, "agent", "info")
    Pipeline(Sink(None), as_json).take({}, "agent", "no such level")


def test_a_terminal_obeys_nothing_that_is_logged() -> None:
    told = "x\x1b[2J\r\n2026 [error] forged\x9b"
    head = {"timestamp": "t", "level": "info", "component": "a"}
    written = as_console(colors=False)({**head, "event": told, "field": told, "exception": "Traceback:\n\tx\x1b[2J"})

    assert not {"\x1b", "\r", "\x9b"} & set(written)
    assert written.splitlines()[1:] == ["Traceback:", "\tx\\x1b[2J"]
