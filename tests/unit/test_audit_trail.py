"""The trail on a disk: durable before a change, whole after a crash, loud when it is full."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audit_support import Disk, a_draft, actions_in, lines_in, open_trail_in, records_in
from brokkr_agent.audit.fault import AuditError
from brokkr_agent.audit.policy import Fsync, OnFailure, Policy
from brokkr_agent.audit.segments import Segments, segments_in
from brokkr_agent.audit.verify import verify
from brokkr_agent.audit.work import working
from brokkr_core.errors import ConfigError
from brokkr_core.model.json import dig

CONTINUE = Policy(on_failure=OnFailure.CONTINUE)


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Keep the log of the trail out of the way."""


def test_a_record_says_when_who_for_whom_and_what(tmp_path: Path) -> None:
    trail = open_trail_in(tmp_path / "audit")
    with working("s1", "r1"):
        intent = trail.intent(a_draft())
    trail.close()
    record = records_in(tmp_path / "audit")[1]

    assert record["id"] == intent
    assert record["at"] == "2026-11-30T09:00:02.000000Z"
    assert (record["stack_id"], record["deployment_object_id"]) == ("s1", "r1")
    assert record["object"] == {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "one"}
    assert actions_in(tmp_path / "audit") == ["agent.start", "resource.apply", "agent.stop"]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    open_trail_in(tmp_path / "audit").close()
    modes = [one.stat().st_mode & 0o777 for one in (tmp_path / "audit", *(tmp_path / "audit").iterdir())]

    assert modes == [0o700, 0o600]


def test_the_chain_goes_on_over_a_restart_and_over_segments(tmp_path: Path) -> None:
    policy = Policy(segment_bytes=2000, segments_kept=0)
    for _ in range(3):
        trail = open_trail_in(tmp_path, policy)
        for number in range(5):
            trail.intent(a_draft(str(number)))
        trail.close()
    found = verify(tmp_path)

    assert (found.faults, found.first, found.records) == ([], 1, 3 * 7)
    assert found.segments == len(segments_in(tmp_path)) > 3
    assert found.open_intents == 15


def test_old_segments_go_and_a_record_says_so(tmp_path: Path) -> None:
    trail = open_trail_in(tmp_path, Policy(segment_bytes=1000, segments_kept=2))
    for number in range(30):
        trail.intent(a_draft(str(number)))
    trail.close()
    found = verify(tmp_path)
    kept = segments_in(tmp_path)

    assert len(kept) == 2
    assert (found.faults, found.first) == ([], kept[0].first)
    assert found.first > 20
    assert [dig(one, "facts", "through") for one in records_in(tmp_path) if one["action"] == "audit.drop"][-1] == (
        found.first - 1
    )


@pytest.mark.parametrize("torn", [b"x", b'{"action":"resource.apply","at":"20', b"\0" * 5000])
def test_what_a_crash_left_of_a_line_is_cut_off_and_noted(tmp_path: Path, torn: bytes) -> None:
    open_trail_in(tmp_path).close()
    (segment,) = tmp_path.iterdir()
    whole = segment.read_bytes()
    segment.write_bytes(whole + torn)
    open_trail_in(tmp_path).close()

    assert segment.read_bytes().startswith(whole)
    assert verify(tmp_path).faults == []
    assert [dig(one, "facts", "bytes") for one in records_in(tmp_path) if one["action"] == "audit.repair"] == [
        len(torn)
    ]


def test_a_crash_between_two_segments_loses_nothing(tmp_path: Path) -> None:
    trail = open_trail_in(tmp_path)
    trail.close()
    (tmp_path / f"audit-{trail.head.seq + 1:012d}.jsonl").touch()
    open_trail_in(tmp_path).close()

    assert verify(tmp_path).faults == []
    assert actions_in(tmp_path) == ["agent.start", "agent.stop"] * 2


def test_a_trail_whose_end_was_altered_is_not_gone_on_with(tmp_path: Path) -> None:
    open_trail_in(tmp_path).close()
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes().replace(b"agent.stop", b"agent.stqp"))

    with pytest.raises(AuditError, match="move the directory away"):
        open_trail_in(tmp_path)
    segment.unlink()
    open_trail_in(tmp_path).close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    trail = open_trail_in(tmp_path)
    with pytest.raises(ConfigError, match="another process writes there; give every agent a directory of its own"):
        Segments(tmp_path).open()
    trail.close()
    open_trail_in(tmp_path).close()


def test_a_place_that_is_no_directory_is_told_with_the_name_of_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"agent\.audit_path = .*cannot be used"):
        Segments(tmp_path / "file").open()


@pytest.mark.parametrize("room", [0, 1, 200])
def test_on_a_full_disk_nothing_is_done_and_nothing_of_a_record_stays(tmp_path: Path, room: int) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, disk=disk)
    before = lines_in(tmp_path)
    disk.room = room
    for _ in range(3):
        with pytest.raises(AuditError, match=r"set agent\.audit_on_failure to continue"):
            trail.intent(a_draft())
    trail.tell(a_draft())

    assert lines_in(tmp_path) == before
    disk.room = None
    trail.intent(a_draft())
    trail.close()
    assert actions_in(tmp_path)[1:3] == ["audit.gap", "resource.apply"]
    assert records_in(tmp_path)[1]["facts"] == {"lost": 1, "refused": 3}
    assert (trail.tally().failed, trail.tally().written, verify(tmp_path).faults) == (4, 4, [])


def test_where_it_may_go_on_the_missing_records_are_counted(tmp_path: Path) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, CONTINUE, disk)
    disk.room = 0
    trail.intent(a_draft())
    trail.tell(a_draft())
    disk.room = None
    trail.event("x.y")
    trail.close()

    assert records_in(tmp_path)[1]["facts"] == {"lost": 2, "refused": 0}


def test_a_trouble_is_logged_when_it_begins_and_when_it_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, CONTINUE, disk)
    disk.room = 0
    for _ in range(3):
        trail.intent(a_draft())
    disk.room = None
    trail.event("x.y")
    trail.close()
    log = capsys.readouterr().out

    assert log.count("an audit record cannot be written") == 1
    assert log.count("audit records can be written again") == 1
    assert log.count(trail.head.hash) == 1


def test_what_the_disk_did_not_keep_is_taken_back_with_all_that_came_after_it(tmp_path: Path) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, disk=disk)
    trail.tell(a_draft("told"))
    disk.broken = True
    with pytest.raises(AuditError, match="Input/output error"):
        trail.intent(a_draft())

    assert actions_in(tmp_path) == ["agent.start"]
    disk.broken = False
    trail.intent(a_draft("after"))
    trail.close()
    assert records_in(tmp_path)[1]["facts"] == {"lost": 1, "refused": 1}
    assert verify(tmp_path).faults == []


@pytest.mark.parametrize("fsync", [Fsync.ALWAYS, Fsync.BATCH])
def test_what_is_missing_is_counted_once_however_often_the_disk_loses_the_count(tmp_path: Path, fsync: Fsync) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, Policy(fsync=fsync), disk)
    disk.broken = True
    for _ in range(3):
        with pytest.raises(AuditError):
            trail.intent(a_draft())
    disk.broken = False
    trail.intent(a_draft())
    trail.close()

    assert records_in(tmp_path)[1]["facts"] == {"lost": 0, "refused": 3}
    assert (trail.tally().failed, trail.tally().written) == (3, 4)


def test_what_was_told_as_missing_is_told_again_when_the_disk_did_not_keep_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, disk=disk)
    disk.room = 0
    for _ in range(50):
        trail.tell(a_draft())
    disk.room = None
    trail.tell(a_draft())
    disk.broken = True
    with pytest.raises(AuditError):
        trail.intent(a_draft())
    disk.broken = False
    trail.intent(a_draft())
    trail.close()

    assert records_in(tmp_path)[1]["facts"] == {"lost": 51, "refused": 1}
    assert capsys.readouterr().out.count("an audit record cannot be written") == 2


def test_a_segment_that_cannot_be_begun_costs_no_descriptor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trail = open_trail_in(tmp_path, Policy(segment_bytes=500))
    trail.tell(a_draft())

    def fsync(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fsync)  # of the directory; the segments have a disk of their own
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            trail.tell(a_draft())
        assert len(os.listdir("/proc/self/fd")) <= before
    trail.close()

    assert verify(tmp_path).faults == []


def test_after_the_end_nothing_is_changed_any_more(tmp_path: Path) -> None:
    trail = open_trail_in(tmp_path)
    trail.close()
    with pytest.raises(AuditError):
        trail.intent(a_draft())
