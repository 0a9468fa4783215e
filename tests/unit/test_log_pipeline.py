"""The way of a line: what it carries, what is kept of an attempt, what is held back, what is counted."""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from brokkr_agent.config import LogSettings
from brokkr_agent.logs import setup
from brokkr_agent.logs.flight import Flight, current_marks, recorded
from brokkr_agent.logs.repeats import MOST_REMEMBERED, Repeats
from brokkr_agent.logs.setup import attempt_log, configure
from brokkr_core.threads import Pool
from log_support import Paper, paper


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Paper]:
    """The log of the process, written to a file, and everything put back afterwards."""
    root = logging.getLogger()
    before, handlers, level = structlog.get_config(), root.handlers, root.level
    for module, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    with paper() as written:
        written.pipeline.levels.become("info", {})
        monkeypatch.setattr(setup, "LOG", written.pipeline)
        sink = written.pipeline.sink
        configure(LogSettings(format="json"))
        written.pipeline.sink = sink
        yield written
        written.pipeline.levels.become("info", {})
    logging.captureWarnings(False)
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**before)


def test_a_line_of_an_attempt_carries_what_belongs_to_it_in_every_thread(log: Paper) -> None:
    with attempt_log(stack_id="s1", deployment_object_id="d1", attempt=2), Pool(1) as pool:
        structlog.get_logger("workers").info("ours", field=1)
        pool.submit(structlog.get_logger("engine").info, "theirs").result()
        logging.getLogger("urllib3.connectionpool").warning("a library's: %s", "x")
        logging.getLogger("py.warnings").warning("Python's")
    structlog.get_logger("agent").info("outside")

    marks = {"trace_id", "stack_id", "deployment_object_id", "attempt"}
    *inside, outside = log.lines
    assert [one["component"] for one in inside] == ["workers", "engine", "urllib3.connectionpool", "py.warnings"]
    assert len({one["trace_id"] for one in inside}) == 1
    assert [{name: one[name] for name in marks - {"trace_id"}} for one in inside] == [
        {"stack_id": "s1", "deployment_object_id": "d1", "attempt": 2}
    ] * 4
    assert not marks & {*outside}
    assert [*inside[0]][:5] == ["timestamp", "level", "component", "event", "trace_id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(outside["timestamp"]))


def ours() -> list[logging.Handler]:
    """The handlers of the log; pytest has its own beside them."""
    return [one for one in logging.getLogger().handlers if type(one).__module__ == setup.__name__]


def crash() -> None:
    with attempt_log(stack_id="crashed"):
        structlog.get_logger("agent").debug("before the crash")
        raise KeyError


def test_what_led_to_a_failure_is_printed_and_of_a_success_nothing(log: Paper) -> None:
    with attempt_log(stack_id="good"):
        structlog.get_logger("agent").debug("kept")
        logging.getLogger("urllib3").debug("a library's is not kept")
    with attempt_log(stack_id="bad") as flight:
        structlog.get_logger("agent").debug("kept", field="x")
        setup.LOG.note("engine", "object started", object="o")
        structlog.get_logger("agent").error("failed")
        flight.fail()
    with pytest.raises(KeyError):
        crash()

    told = [(one["stack_id"], one["level"], one["component"], one["event"], one.get("recorded")) for one in log.lines]
    assert told == [
        ("bad", "error", "agent", "failed", None),
        ("bad", "info", "log", "what led to the failure follows", None),
        ("bad", "debug", "agent", "kept", True),
        ("bad", "debug", "engine", "object started", True),
        ("crashed", "info", "log", "what led to the failure follows", None),
        ("crashed", "debug", "agent", "before the crash", True),
    ]
    assert [one["timestamp"] for one in log.lines[2:4]] < [log.lines[0]["timestamp"]] * 2


def test_the_recorder_keeps_the_last_lines_and_says_how_many_it_dropped(log: Paper) -> None:
    configure(LogSettings(format="json", recorder_entries=3))
    with attempt_log(stack_id="s") as flight:
        for number in range(10):
            structlog.get_logger("agent").debug("kept", number=number)
        flight.fail()

    head, *kept = log.lines
    assert (head["lines"], head["dropped"]) == (3, 7)
    assert [one["number"] for one in kept] == [7, 8, 9]


def test_a_thread_that_outlives_its_attempt_keeps_nothing() -> None:
    with recorded(10, {"stack_id": "s"}) as flight:
        assert current_marks()["stack_id"] == "s"
    flight.end()
    late = Flight(0, {})
    assert not flight.records
    assert not late.records
    assert current_marks() == {}


def test_what_is_printed_anyway_is_not_kept(log: Paper) -> None:
    configure(LogSettings(format="json", level="debug"))
    with attempt_log(stack_id="s") as flight:
        structlog.get_logger("agent").debug("once")
        setup.LOG.note("engine", "twice")
        flight.fail()

    assert [one["event"] for one in log.lines] == ["once", "twice"]


def test_equal_warnings_are_held_back_and_counted(log: Paper) -> None:
    clock = [0.0]
    log.pipeline.repeats = Repeats(lambda: clock[0])
    workers = structlog.get_logger("workers")
    for _ in range(5):
        workers.warning("round failed", error="away")
    workers.warning("round failed", error="other")
    workers.error("crash")
    workers.error("crash")
    clock[0] = 61.0
    workers.warning("round failed", error="away")

    told = [(one["event"], one.get("error"), one.get("suppressed")) for one in log.lines]
    assert told == [
        ("round failed", "away", None),
        ("round failed", "other", None),
        ("crash", None, None),
        ("crash", None, None),
        ("round failed", "away", 4),
    ]
    assert log.pipeline.tally.counts() == {("error", "workers"): 2, ("warning", "workers"): 7}


def test_so_many_different_warnings_are_remembered_and_no_more() -> None:
    repeats = Repeats(lambda: 0.0)
    assert [repeats.admit(number) for number in range(MOST_REMEMBERED + 1)] == [0] * (MOST_REMEMBERED + 1)
    assert repeats.admit(0) == 0
    assert repeats.admit(MOST_REMEMBERED) is None


def test_level_and_format_are_changed_while_others_log(log: Paper) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            structlog.get_logger("agent").info("line", field={"a": 1})

    writers = [threading.Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    for number in range(50):
        configure(LogSettings(format="json", level=("info", "error")[number % 2], levels="broker=debug"))
    configure(LogSettings(format="console", level="info"))
    stop.set()
    for one in writers:
        one.join()
    configure(LogSettings(format="json"))
    structlog.get_logger("agent").info("last")

    assert "could not be made" not in log.text
    assert log.text.splitlines()[-1].endswith('"component": "agent", "event": "last"}')
    assert len(ours()) == 1


def test_crashes_that_nobody_catches_are_lines_as_well(log: Paper) -> None:
    thread = threading.Thread(target=lambda: dict[int, int]()[1], name="mine")
    thread.start()
    thread.join()
    sys.excepthook(ValueError, ValueError("token=abc"), None)

    first, second = log.lines
    assert (first["component"], first["event"], first["thread"]) == ("python", "a thread crashed", "mine")
    assert "KeyError" in str(first["exception"])
    assert "token=(hidden)" in str(second["exception"])


def test_a_library_of_unknown_name_is_counted_as_other(log: Paper) -> None:
    logging.getLogger("nobody.knows").error("x %s", 1)
    for handler in ours():
        handler.handle(logging.LogRecord("nobody.knows", logging.ERROR, "", 0, "x %d", ("no number",), None))

    assert log.pipeline.tally.counts() == {("error", "other"): 2}
    assert [one["event"] for one in log.lines] == ["x 1", "a library logged something that has no text"]


def test_a_field_cannot_pass_for_the_head_of_its_line(log: Paper) -> None:
    structlog.get_logger("agent").info("e", level="x", component="y", timestamp="z")

    (line,) = log.lines
    assert (line["level"], line["component"], line["level_"], line["component_"]) == ("info", "agent", "x", "y")


@pytest.mark.parametrize("part", ["levels", "repeats", "tally"])
def test_whoever_logs_while_a_line_is_on_its_way_in_the_same_thread_does_not_wait_for_himself(part: str) -> None:
    """As a finalizer does, which Python may run between any two steps."""
    with paper() as written:

        def log() -> None:
            with getattr(written.pipeline, part)._lock:
                written.pipeline.levels.set("agent", "debug", 1e-9)
                written.pipeline.take({"event": "from a finalizer"}, "agent", "warning")

        thread = threading.Thread(target=log, daemon=True)
        thread.start()
        thread.join(30)

        assert [one["event"] for one in written.lines] == ["from a finalizer"]
