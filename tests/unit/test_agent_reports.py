"""Only news is told, what was told before a restart is no news, and what cannot be kept does not count as told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from brokkr_agent.reports import Reports
from brokkr_agent.verdicts import Attempt
from brokkr_core.broker.outbox import MOST_WAITING, SqliteOutbox
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.model.broker import DeploymentObject
from outbox_support import AGENT, UNSENT, FakeDoor, refused, result


@pytest.fixture(autouse=True)
def log() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def attempt(revision: str, *, ok: bool, message: str | None = None) -> Attempt:
    one = DeploymentObject(
        id=f"{revision}-r",
        sequence_id=1,
        stack_id=revision,
        yaml_content="",
        yaml_checksum="",
        is_deletion_marker=False,
    )
    return Attempt(revision=one, ok=ok, message=message)


def test_only_news_is_told() -> None:
    door = FakeDoor()
    reports = Reports(SqliteOutbox(), door)
    for ok in (False, False, True, True, False):
        reports.tell(attempt("s1", ok=ok), AGENT)

    assert door.heard == ["s1-r FAILURE None", "s1-r SUCCESS None", "s1-r FAILURE None"]


def test_what_the_broker_was_told_before_a_restart_is_no_news() -> None:
    door = FakeDoor()
    before = Reports(SqliteOutbox(), door)
    before.tell(attempt("s1", ok=False), AGENT)
    before.tell(attempt("s1", ok=True), AGENT)
    before.tell(attempt("s2", ok=False), AGENT)
    reports = Reports(SqliteOutbox(), door)
    reports.recall(AGENT)
    reports.tell(attempt("s1", ok=True), AGENT)
    reports.tell(attempt("s2", ok=False), AGENT)
    assert len(door.events) == 3

    reports.tell(attempt("s1", ok=False), AGENT)
    assert door.heard[3:] == ["s1-r FAILURE None"]


def test_what_waits_in_the_file_since_before_a_restart_is_no_news_and_is_told(tmp_path: Path) -> None:
    door = FakeDoor(UNSENT)
    with SqliteOutbox(tmp_path / "outbox") as store:
        Reports(store, door).tell(attempt("s1", ok=False), AGENT)
    assert door.heard == []

    with SqliteOutbox(tmp_path / "outbox") as store:
        reports = Reports(store, door)
        reports.recall(AGENT)
        reports.tell(attempt("s1", ok=False), AGENT)
        assert reports.waiting == 1
        reports.deliver()
    assert door.heard == ["s1-r FAILURE None"]


def test_a_broker_that_is_away_is_logged_and_the_event_waits(log: list[structlog.typing.EventDict]) -> None:
    door = FakeDoor(UNSENT)
    reports = Reports(SqliteOutbox(), door)
    reports.tell(attempt("s1", ok=False), AGENT)

    assert [(line["event"], line["error"]) for line in log] == [("events not delivered", "no connection")]
    assert reports.waiting == 1


def test_what_the_broker_will_never_take_is_logged_with_the_reason(log: list[structlog.typing.EventDict]) -> None:
    reports = Reports(SqliteOutbox(), FakeDoor(refused(422)))
    reports.tell(attempt("s1", ok=False), AGENT)
    (line,) = log

    assert (line["event"], line["deployment_object_id"], line["log_level"]) == ("event is set aside", "s1-r", "error")
    assert "422" in line["why"]


def test_what_another_agent_left_in_the_file_is_named_at_the_start(log: list[structlog.typing.EventDict]) -> None:
    store = SqliteOutbox()
    store.add(result(1), most=9)
    Reports(store, FakeDoor()).recall("another")

    assert [(line["event"], "left by the agent a1" in line["why"]) for line in log] == [("event is set aside", True)]


def test_what_a_full_outbox_did_not_keep_is_told_by_the_next_attempt(log: list[structlog.typing.EventDict]) -> None:
    door = FakeDoor()
    door.list_fault = BrokerUnreachableError("down")
    store = SqliteOutbox()
    for number in range(MOST_WAITING):
        store.add(result(number), most=MOST_WAITING)
    reports = Reports(store, door)
    reports.tell(attempt("s2", ok=False), AGENT)
    assert "the outbox is full" in log[0]["event"]
    assert reports.tellable([attempt("s3", ok=True).revision], busy=0) == []

    door.list_fault = None
    reports.deliver()
    reports.tell(attempt("s2", ok=False), AGENT)
    assert door.heard[-1] == "s2-r FAILURE None"


@pytest.mark.parametrize(("busy", "begun"), [(0, 2), (1, 1), (2, 0), (5, 0)])
def test_no_more_is_begun_than_could_be_told(log: list[structlog.typing.EventDict], busy: int, begun: int) -> None:
    store = SqliteOutbox()
    for number in range(MOST_WAITING - 2):
        store.add(result(number), most=MOST_WAITING)
    due = [attempt(f"s{number}", ok=True).revision for number in range(3)]

    assert Reports(store, FakeDoor()).tellable(due, busy=busy) == due[:begun]
    assert [line["event"] for line in log] == ["too many events wait for the broker"]


def test_an_empty_outbox_holds_nothing_up(log: list[structlog.typing.EventDict]) -> None:
    due = [attempt(f"s{number}", ok=True).revision for number in range(3)]

    assert Reports(SqliteOutbox(), FakeDoor()).tellable(due, busy=4) == due
    assert log == []


def test_what_a_broken_file_did_not_keep_is_told_by_the_next_attempt(log: list[structlog.typing.EventDict]) -> None:
    store = SqliteOutbox()
    reports = Reports(store, FakeDoor())
    store.close()
    reports.tell(attempt("s1", ok=False), AGENT)

    assert [line["event"] for line in log] == ["event not kept; the next attempt will be told"]
