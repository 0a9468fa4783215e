"""Levels by component, from the settings and for a time."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokkr_agent.logs.fields import ADDED, HEAD
from brokkr_agent.logs.levels import COMPONENTS, FOREIGN, LONGEST_SECONDS, Levels, parse_levels
from brokkr_core.errors import UsageError

#: How a line is written, or a field given to all that follow.
WAYS = {"bind", "debug", "info", "warning", "error", "exception", "note"}

SOURCE = Path(__file__).resolve().parents[2] / "src" / "brokkr_agent"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def levels(clock: Clock) -> Iterator[Levels]:
    made = Levels(clock)
    yield made
    clock.now += 2 * LONGEST_SECONDS
    made.become("info", {})


def test_libraries_are_heard_from_warnings_on_and_the_agent_from_its_level_on(levels: Levels) -> None:
    levels.become("debug", {})
    assert levels.number("agent") == logging.DEBUG
    assert levels.number("urllib3.util", foreign=True) == logging.WARNING

    levels.become("error", {"urllib3": "info"})
    assert levels.number("agent") == logging.ERROR
    assert levels.number("asyncio", foreign=True) == logging.ERROR
    assert levels.number("urllib3.util", foreign=True) == logging.INFO


def test_a_level_for_a_time_is_as_before_when_the_time_is_over(levels: Levels, clock: Clock) -> None:
    levels.become("info", {"channel": "error"})
    levels.set("channel", "debug", 10.0)
    levels.set("urllib3.connectionpool", "debug", 20.0)
    assert levels.number("channel") == logging.DEBUG
    assert levels.number("agent") == logging.INFO
    assert logging.getLogger("urllib3.connectionpool").level == logging.DEBUG

    clock.now += 10.0
    assert levels.number("channel") == logging.ERROR
    assert levels.number("urllib3.connectionpool", foreign=True) == logging.DEBUG
    clock.now += 10.0
    assert levels.number("urllib3.connectionpool", foreign=True) == logging.WARNING
    assert logging.getLogger("urllib3.connectionpool").level == logging.NOTSET


def test_new_settings_leave_what_was_set_for_a_time(levels: Levels, clock: Clock) -> None:
    levels.set("work", "debug", 10.0)
    levels.become("warning", {"work": "error"})
    assert levels.number("work") == logging.DEBUG
    clock.now += 11.0
    assert levels.number("work") == logging.ERROR


def test_every_component_is_shown_with_its_level_and_how_long_it_lasts(levels: Levels, clock: Clock) -> None:
    levels.become("info", {})
    levels.set("broker", "debug", 60.0)
    clock.now += 15.0
    shown = {one.component: one for one in levels.shown()}

    assert {*COMPONENTS, *FOREIGN} == {*shown}
    assert (shown["broker"].level, shown["broker"].seconds_left) == ("debug", 45.0)
    assert (shown["agent"].level, shown["agent"].seconds_left) == ("info", None)
    assert shown["urllib3"].level == "warning"


def test_many_changes_leave_nothing_behind(levels: Levels, clock: Clock) -> None:
    for _ in range(1000):
        levels.set("broker", "debug", 1.0)
        clock.now += 2.0
        assert levels.number("broker") == logging.INFO

    assert levels._timed == {}


@pytest.mark.parametrize(
    ("component", "level", "seconds", "said"),
    [
        ("brokers", "debug", 1.0, "did you mean broker"),
        ("x.y", "debug", 1.0, "there are agent, "),
        ("broker", "loud", 1.0, "must be one of debug, info, warning, error"),
        ("broker", "debug", 0.0, "more than 0"),
        ("broker", "debug", LONGEST_SECONDS + 1, "at most 86400 s"),
        ("httpx", "info", 1.0, "whole URLs"),
        ("broker." + "x" * 80, "info", 1.0, "longer than 80"),
    ],
)
def test_what_cannot_be_set_is_said(levels: Levels, component: str, level: str, seconds: float, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        levels.set(component, level, seconds)
    assert levels._timed == {}


def test_levels_are_read_from_a_text() -> None:
    assert parse_levels(" broker = debug, urllib3=info ,") == {"broker": "debug", "urllib3": "info"}
    with pytest.raises(UsageError, match="must be one of"):
        parse_levels("broker")


def test_every_logger_of_the_agent_is_a_known_component() -> None:
    texts = [path.read_text() for path in SOURCE.rglob("*.py")]
    named = {
        name
        for text in texts
        for name in re.findall(r'get_logger\("([^"]*)"\)|LOG\.note\("([^"]*)"', text)
        for name in name
        if name
    }

    places = {name for text in texts for name in re.findall(r'Place\(\s*name="(\w+)"', text)}
    assert named | places <= {*COMPONENTS}
    assert {"agent", "engine", "workers"} <= named
    assert {"health", "control"} <= places
    unnamed = {name for text in texts for name in re.findall(r"get_logger\(([^\")]*)\)", text)}
    assert unnamed == {"place.name"}


def test_no_line_uses_a_name_that_the_log_or_structlog_takes_for_its_own() -> None:
    taken = {*HEAD, *ADDED, "stack", "stack_info", "logger"}
    found = []
    for path in SOURCE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in WAYS:
                whose = ast.unparse(call.func.value)
                names = {one.arg for one in call.keywords}
                found += [f"{path.name}: {name}" for name in names & taken if re.search(r"log\b|tell", whose)]

    assert found == []
