"""The file of an outbox: private, for one process at a time, bounded, and never a wrong one."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from brokkr_core.broker.outbox import Added, EntryState, SqliteOutbox
from brokkr_core.errors import OutboxError
from outbox_support import result
from process_support import in_a_fresh_process

OPEN = "from pathlib import Path; from brokkr_core.broker.outbox import SqliteOutbox; SqliteOutbox(Path({!r}), {})"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_entries_are_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    with SqliteOutbox(tmp_path / "outbox") as store:
        for number in range(4):
            store.add(result(number, message=f"m{number}"), most=9)
        store.delivered("attempt-0")
        store.sending("attempt-1", after="e7")
        store.set_aside("attempt-2", "422")

    with SqliteOutbox(tmp_path / "outbox") as store:
        found = [(one.result.attempt_id, one.state, one.after) for one in store.open_entries()]
        assert found == [("attempt-1", EntryState.SENDING, "e7"), ("attempt-3", EntryState.WAITING, "")]
        assert [(one.result.event.message, one.why) for one in store.aside()] == [("m2", "422")]
        assert store.add(result(0), most=9) is Added.KNOWN


def test_what_was_delivered_leaves_no_message_behind(tmp_path: Path) -> None:
    with SqliteOutbox(tmp_path / "outbox") as store:
        store.add(result(1, message="a message"), most=9)
        store.delivered("attempt-1")

    (row,) = sqlite3.connect(tmp_path / "outbox").execute("SELECT message FROM entries").fetchall()
    assert row == (None,)


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with SqliteOutbox(tmp_path / "outbox") as store:
            store.add(result(1), most=9)
            assert {path.name: mode(path) for path in tmp_path.iterdir()} == {"outbox": 0o600, "outbox-wal": 0o600}
    finally:
        os.umask(before)


def test_rights_that_a_volume_gave_to_others_are_taken_back(tmp_path: Path) -> None:
    SqliteOutbox(tmp_path / "outbox").close()
    (tmp_path / "outbox").chmod(0o664)
    with SqliteOutbox(tmp_path / "outbox"):
        assert {mode(path) for path in tmp_path.iterdir()} == {0o600}


def test_another_process_is_refused_and_told_why(tmp_path: Path) -> None:
    path = tmp_path / "outbox"
    code = OPEN.format(str(path), "wait_seconds=0.1")
    with SqliteOutbox(path):
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "another process has it open; give every agent its own file" in other.stderr

    assert in_a_fresh_process(code) == "", "once it is closed, anybody may"


def test_a_second_store_of_this_process_is_refused_and_the_first_keeps_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "outbox"
    with SqliteOutbox(path) as store:
        with pytest.raises(OutboxError, match="locked"):
            SqliteOutbox(path, wait_seconds=0.0)
        code = OPEN.format(str(path), "wait_seconds=0.0")
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        assert "another process has it open" in other.stderr
        assert store.add(result(1), most=9) is Added.NEW


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    with sqlite3.connect(path) as theirs:
        theirs.execute("CREATE TABLE precious (a)")
    theirs.close()

    with pytest.raises(OutboxError, match="another program's database"):
        SqliteOutbox(path)
    assert sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]


def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox"
    SqliteOutbox(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 2")
    newer.close()

    with pytest.raises(OutboxError, match="written in format 2, this version of brokkr knows 1"):
        SqliteOutbox(path)


def test_what_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("remember the milk" * 100)
    path.chmod(0o644)

    with pytest.raises(OutboxError, match="not a database; look at what it is"):
        SqliteOutbox(path)
    assert (path.read_text(), mode(path)) == ("remember the milk" * 100, 0o644)


def test_a_place_that_cannot_be_is_named(tmp_path: Path) -> None:
    before = mode(tmp_path)
    for path in (tmp_path, tmp_path / "missing" / "outbox"):
        with pytest.raises(OutboxError, match=f"outbox {path}: .*look at the file, its directory"):
            SqliteOutbox(path)
    assert mode(tmp_path) == before


def test_what_is_remembered_is_bounded() -> None:
    with SqliteOutbox(kept_delivered=2, kept_aside=3) as store:
        for number in range(10):
            store.add(result(number), most=99)
            store.delivered(f"attempt-{number}")
        for number in range(10, 20):
            store.add(result(number), most=99)
            store.set_aside(f"attempt-{number}", "no")

        assert [store.add(result(number), most=99) for number in (7, 8, 9)] == [Added.NEW, Added.KNOWN, Added.KNOWN]
        assert [one.result.attempt_id for one in store.aside()] == ["attempt-17", "attempt-18", "attempt-19"]


def test_a_disk_without_room_is_told_and_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    code = f"""
import resource, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from brokkr_core.broker.outbox import SqliteOutbox
from brokkr_core.errors import OutboxError
from outbox_support import result
store = SqliteOutbox(Path({str(tmp_path / "outbox")!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
kept = 0
try:
    for number in range(1000):
        store.add(result(number, message="x" * 10_000), most=9999)
        kept += 1
except OutboxError as error:
    assert "the room on the disk" in str(error), error
assert 0 < kept < 1000
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.add(result("last"), most=9999)
print(kept, store.open_count())
"""
    kept, found = in_a_fresh_process(code).split()

    assert int(found) == int(kept) + 1
