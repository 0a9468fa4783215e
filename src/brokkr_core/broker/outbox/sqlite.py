"""Entries of an outbox in one SQLite file, which outlives a killed process and belongs to one process at a time."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from brokkr_core.broker.outbox.entry import Added, Entry, EntryState, Result
from brokkr_core.errors import OutboxError
from brokkr_core.model.broker import NewAgentEvent

#: Marks the file as ours: "brkO".
APPLICATION_ID = 0x62726B4F
VERSION = 1

_SCHEMA = """
CREATE TABLE entries (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  attempt_id TEXT NOT NULL UNIQUE,
  stack_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  object_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  status TEXT NOT NULL,
  message TEXT,
  state TEXT NOT NULL,
  after TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX by_state ON entries (state, number);
"""

_COLUMNS = "attempt_id, stack_id, agent_id, object_id, event_type, status, message, state, after, why"
_OPEN = "state IN ('waiting', 'sending')"
_ASIDE = "state = 'set aside'"


class SqliteOutbox:
    """A store in a file; several threads may use it, another process is refused until it is closed.

    Every change is on the disk before its method returns. The file can be read by its owner alone.

    Args:
        path: the file, made when it is not there, in a directory that is; None keeps the entries in memory.
        wait_seconds: how long to wait for another process to let go of the file.
        kept_delivered: so many delivered attempts are remembered, so that they are not added again.
        kept_aside: so many entries that were set aside are kept, the newest.

    Raises:
        OutboxError: the file cannot be used, is in use, or is no outbox.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        wait_seconds: float = 10.0,
        kept_delivered: int = 10_000,
        kept_aside: int = 1000,
    ) -> None:
        self._kept_delivered = kept_delivered
        self._kept_aside = kept_aside
        self._place = f"outbox {path}" if path else "outbox in memory"
        self._lock = threading.Lock()
        with self._translated():
            if path is not None:
                _make_private(path)
            self._db = sqlite3.connect(
                path or ":memory:", timeout=wait_seconds, isolation_level=None, check_same_thread=False
            )
        try:
            with self._translated():
                self._open()
                if path is not None:
                    _keep_private(path)
        except OutboxError:
            self._db.close()
            raise

    def add(self, result: Result, *, most: int) -> Added:
        """Keep a result, unless its attempt has one or ``most`` entries wait; see :class:`OutboxStore`."""
        event = result.event
        with self._change() as db:
            if db.execute("SELECT 1 FROM entries WHERE attempt_id = ?", (result.attempt_id,)).fetchone():
                return Added.KNOWN
            if _count(db, _OPEN) >= most:
                return Added.FULL
            db.execute(
                f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', '', '')",  # noqa: S608
                (
                    result.attempt_id,
                    result.stack_id,
                    event.agent_id,
                    event.deployment_object_id,
                    event.event_type,
                    event.status,
                    event.message,
                ),
            )
            return Added.NEW

    def open_entries(self) -> tuple[Entry, ...]:
        """Return what the broker may still have to hear, in the order of adding."""
        return self._entries(_OPEN)

    def open_count(self) -> int:
        """Return how many those are."""
        with self._lock, self._translated():
            return _count(self._db, _OPEN)

    def sending(self, attempt_id: str, *, after: str) -> None:
        """Note that an entry is about to be sent."""
        self._move(attempt_id, EntryState.SENDING, "after = ?", after)

    def waiting(self, attempt_id: str) -> None:
        """Note that the broker certainly does not have an entry."""
        self._move(attempt_id, EntryState.WAITING, "after = ?", "")

    def delivered(self, attempt_id: str) -> None:
        """Note that the broker has an entry, and drop its message."""
        self._move(attempt_id, EntryState.DELIVERED, "message = ?", None, keep=self._kept_delivered)

    def set_aside(self, attempt_id: str, why: str) -> None:
        """Note that the broker will never take an entry."""
        self._move(attempt_id, EntryState.SET_ASIDE, "why = ?", why, keep=self._kept_aside)

    def aside(self) -> tuple[Entry, ...]:
        """Return what was set aside, in the order of adding."""
        return self._entries(_ASIDE)

    def aside_count(self) -> int:
        """Return how many those are."""
        with self._lock, self._translated():
            return _count(self._db, _ASIDE)

    def close(self) -> None:
        """Give the file free for another process."""
        with self._lock, self._translated():
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        db = self._db
        # Exclusive: the kernel's lock on the file is held until the process ends, however it ends.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_size_limit = 4194304")
        with self._change():
            ours, version = _pragma(db, "application_id"), _pragma(db, "user_version")
            if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {VERSION}")
            elif ours != APPLICATION_ID:
                raise OutboxError(f"{self._place}: this is another program's database; give the outbox its own file")
            elif version != VERSION:
                problem = f"written in format {version}, this version of brokkr knows {VERSION}"
                raise OutboxError(f"{self._place}: {problem}; use the version that wrote it, or move the file away")

    def _entries(self, condition: str) -> tuple[Entry, ...]:
        with self._lock, self._translated():
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM entries WHERE {condition} ORDER BY number")  # noqa: S608
            return tuple(_entry(row) for row in rows)

    def _move(self, attempt_id: str, state: EntryState, extra: str, value: str | None, *, keep: int = 0) -> None:
        with self._change() as db:
            update = f"UPDATE entries SET state = ?, {extra} WHERE attempt_id = ?"  # noqa: S608 - our own words
            db.execute(update, (state.value, value, attempt_id))
            if keep:
                oldest = "SELECT number FROM entries WHERE state = ? ORDER BY number DESC LIMIT 1 OFFSET ?"
                delete = f"DELETE FROM entries WHERE state = ? AND number <= ({oldest})"  # noqa: S608 - our own words
                db.execute(delete, (state.value, state.value, keep))

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Do several things at once or not at all."""
        with self._lock, self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutboxError(f"{self._place}: {error}; {_hint(error)}") from error


def _make_private(path: Path) -> None:
    """Make the file before SQLite does, so that it is never readable by others.

    A file that is there must not be opened here: closing it would drop the lock that another store of this process
    may have on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _keep_private(path: Path) -> None:
    """Take back rights that somebody gave to others, as a volume with a group does at every mount."""
    for one in (path, path.with_name(f"{path.name}-wal")):
        with suppress(FileNotFoundError):
            one.chmod(0o600)


def _hint(error: Exception) -> str:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return "another process has it open; give every agent its own file"
    if isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
        return "look at what it is, and give the outbox its own file"
    return "look at the file, its directory and the room on the disk"


def _pragma(db: sqlite3.Connection, name: str) -> int:
    value: int = db.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _count(db: sqlite3.Connection, which: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM entries WHERE {which}").fetchone()[0])  # noqa: S608 - our own words


def _entry(row: tuple[Any, ...]) -> Entry:
    attempt_id, stack_id, agent_id, object_id, event_type, status, message, state, after, why = row
    event = NewAgentEvent(
        agent_id=agent_id, deployment_object_id=object_id, event_type=event_type, status=status, message=message
    )
    result = Result(attempt_id=attempt_id, stack_id=stack_id, event=event)
    return Entry(result=result, state=EntryState(state), after=after, why=why)
