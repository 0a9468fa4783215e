"""What is written down of attempts: begun before they change anything, ended once, and silent when nothing happened."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from audit_support import Disk, actions_in, open_trail_in, records_in
from brokkr_agent.audit.attempts import NAMED, AttemptRecords
from brokkr_agent.audit.auditing import Auditing
from brokkr_agent.audit.trail import Trail
from brokkr_agent.audit.work import working
from brokkr_agent.config import AgentSettings
from brokkr_agent.logs.levels import Level
from brokkr_agent.verdicts import Attempt
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.events import ObjectFinished, PlanMade, RollbackFinished, RollbackStarted, RunFinished
from brokkr_core.model.json import JsonObject, as_list, dig
from brokkr_core.model.outcome import Action, Outcome, Report
from brokkr_core.ordering import order
from brokkr_core.threads import Pool
from engine_support import a_ref

ONE, TWO = a_ref("one"), a_ref("two")


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Keep the log of the trail out of the way."""


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    return open_trail_in(tmp_path)


def run(records: AttemptRecords, *events: object, revision: str = "r1", writes: bool = False) -> None:
    """Let a run of stack s happen."""
    with working("s", revision):
        observer = records.observer("s")
        if writes:
            records.begins()
        for event in events:
            observer(event)  # type: ignore[arg-type] # whatever is to be heard


def finished(*actions: Action) -> RunFinished:
    return RunFinished(report=Report(outcomes=tuple(Outcome(ref=ONE, action=action) for action in actions)))


def attempt(*, error: str = "", report: Report | None = None) -> Attempt:
    revision = DeploymentObject(
        id="r1", sequence_id=1, stack_id="s", yaml_content="", yaml_checksum="", is_deletion_marker=False
    )
    return Attempt(revision=revision, ok=False, error=error, report=report)


def told(tmp_path: Path) -> list[JsonObject]:
    return records_in(tmp_path)[1:]


def test_an_attempt_begins_once_before_its_first_change_and_ends(tmp_path: Path, trail: Trail) -> None:
    records = AttemptRecords(trail)
    with working("s", "r1"):
        observer = records.observer("s")
        records.begins()
        records.begins()
        observer(finished(Action.CREATED, Action.UNCHANGED))
    start, finish = told(tmp_path)

    assert (start["action"], finish["action"]) == ("deployment.start", "deployment.finish")
    assert {(one["stack_id"], one["deployment_object_id"]) for one in (start, finish)} == {("s", "r1")}
    assert finish["result"] == {"ok": True, "begun": True, "counts": {"created": 1, "unchanged": 1}}


def test_no_thread_changes_anything_before_the_begin_is_written(tmp_path: Path) -> None:
    entered, second, early = threading.Event(), threading.Event(), list[bool]()

    class Slow(Disk):
        def write(self, descriptor: int, data: bytes) -> int:
            if b"deployment.start" in data:
                entered.set()
                early.append(second.wait(0.5))
            return super().write(descriptor, data)

    records = AttemptRecords(open_trail_in(tmp_path, disk=Slow()))
    with working("s", "r1"), Pool(1) as pool:
        records.observer("s")
        first = pool.submit(records.begins)
        assert entered.wait(30)
        records.begins()
        second.set()
        first.result()

    assert early == [False]


def test_a_revision_that_is_in_order_again_and_again_is_told_once(tmp_path: Path, trail: Trail) -> None:
    records = AttemptRecords(trail)
    for _ in range(3):
        run(records, finished(Action.UNCHANGED))
    assert actions_in(tmp_path)[1:] == ["deployment.start", "deployment.finish"]

    run(records, finished(Action.CONFIGURED), writes=True)
    run(records, finished(Action.UNCHANGED), revision="r2")
    run(records, finished(Action.FAILED), revision="r2")
    run(records, finished(Action.UNCHANGED), revision="r2")
    assert actions_in(tmp_path)[3:] == ["deployment.start", "deployment.finish"] * 4


def test_a_stack_that_left_and_came_back_is_told_anew(tmp_path: Path, trail: Trail) -> None:
    records = AttemptRecords(trail)
    run(records, finished(Action.UNCHANGED))
    records.named(set())
    run(records, finished(Action.UNCHANGED))

    assert actions_in(tmp_path)[1:] == ["deployment.start", "deployment.finish"] * 2


def test_what_is_to_be_deleted_and_what_is_kept_is_told_by_name(tmp_path: Path, trail: Trail) -> None:
    kept = Outcome(ref=TWO, action=Action.SKIPPED, code="Protected", message="h1dden", uid="u2")
    run(
        AttemptRecords(trail),
        PlanMade(plan=order(()), prune=(ONE,)),
        ObjectFinished(outcome=Outcome(ref=ONE, action=Action.PRUNED)),
        ObjectFinished(outcome=kept),
    )
    _, decided, refused = told(tmp_path)

    one = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "one"}
    assert decided["facts"] == {"count": 1, "objects": [one]}
    assert refused["action"] == "prune.refuse"
    assert (refused["object"], refused["result"]) == (one | {"name": "two", "uid": "u2"}, {"code": "Protected"})
    assert "h1dden" not in (tmp_path / "audit-000000000001.jsonl").read_text()


def test_of_many_objects_some_are_named_and_all_are_counted(tmp_path: Path, trail: Trail) -> None:
    many = tuple(a_ref(str(number)) for number in range(NAMED + 5))
    run(AttemptRecords(trail), PlanMade(plan=order(()), prune=many))
    facts = told(tmp_path)[-1]["facts"]

    assert dig(facts, "count") == NAMED + 5
    assert len(as_list(dig(facts, "objects"))) == NAMED


def test_a_rollback_is_told_when_it_begins_and_with_its_verdict(tmp_path: Path, trail: Trail) -> None:
    report = Report(outcomes=(Outcome(ref=ONE, action=Action.FAILED),), verdict="VERIFIED_EXACT")
    run(
        AttemptRecords(trail),
        RollbackStarted(because="h1dden", objects=(ONE,)),
        RollbackFinished(verdict="VERIFIED_EXACT", lines=("h1dden",)),
        RunFinished(report=report),
    )
    _, begun, ended, finish = told(tmp_path)

    assert dig(begun, "facts", "count") == 1
    assert ended["result"] == {"verdict": "VERIFIED_EXACT"}
    assert (dig(finish, "result", "ok"), dig(finish, "result", "verdict")) == (False, "VERIFIED_EXACT")
    assert "h1dden" not in (tmp_path / "audit-000000000001.jsonl").read_text()


def test_an_attempt_that_never_became_a_run_ends_with_the_kind_of_its_error(tmp_path: Path, trail: Trail) -> None:
    records = AttemptRecords(trail)
    records.ended(attempt(error="ManifestError"))
    records.ended(attempt(error="PruneRefusedError"))
    records.ended(attempt(report=Report()))

    assert [(one["action"], one["result"]) for one in told(tmp_path)] == [
        ("deployment.finish", {"ok": False, "error": "ManifestError"}),
        ("prune.refuse", {"code": "PruneRefusedError"}),
        ("deployment.finish", {"ok": False, "error": "PruneRefusedError"}),
    ]


def test_outside_of_attempts_nothing_begins(tmp_path: Path, trail: Trail) -> None:
    AttemptRecords(trail).begins()

    assert told(tmp_path) == []


def test_a_level_that_was_changed_is_told_in_whole_seconds(tmp_path: Path, trail: Trail) -> None:
    """RFC 8785 writes a fraction otherwise than Python, and whoever verifies the chain may not use Python."""
    level = Level(component="broker", level="debug", seconds_left=600.0)
    Auditing(trail, AgentSettings()).level_set(level)

    assert b'"seconds":600}' in (tmp_path / "audit-000000000001.jsonl").read_bytes()
