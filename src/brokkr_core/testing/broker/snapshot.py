"""The broker's database in a SQLite file: what changed is written after every request, so a restart forgets nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, get_args, get_type_hints

import attrs
from cattrs import Converter

from brokkr_core.testing.broker.records import Row
from brokkr_core.testing.broker.store import State, Table

#: Another layout of the file gets another number; a file of another layout is refused, not guessed at.
LAYOUT = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rows (
    place INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL,
    UNIQUE (kind, id)
);
"""


class SnapshotError(Exception):
    """The file is no snapshot of a fake broker, or of another version of it."""


class Snapshot:
    """One SQLite file; not safe for several threads at once, as the broker it belongs to is not.

    Args:
        path: the file; made when it does not exist, readable by its owner alone: it holds hashes of PAKs and the
            credentials of webhooks.

    Raises:
        SnapshotError: the file is something else.
        OSError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._path = path
        self._saved: dict[str, dict[str, Row]] = {name: {} for name in _table_types()}
        self._facts: dict[str, str] = {}
        self._connection = sqlite3.connect(path, check_same_thread=False)
        try:
            self._connection.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            self.close()
            raise SnapshotError(f"{path} is no database of a fake broker: {error}") from error

    def load(self) -> State | None:
        """Read the database.

        Returns:
            What was saved last, or None when nothing was.

        Raises:
            SnapshotError: it was saved by another version.
        """
        facts = dict(self._connection.execute("SELECT name, value FROM facts"))
        if not facts:
            return None
        if facts.get("layout") != str(LAYOUT):
            raise SnapshotError(f"{self._path} was written by another version; begin with a new file")
        state = State(admin_hash=facts["admin_hash"], system_generator_id=facts["system_generator_id"])
        state.sequence = int(facts["sequence"])
        types = _table_types()
        try:
            for kind, content in self._connection.execute("SELECT kind, content FROM rows ORDER BY place"):
                row = _CONVERTER.structure(json.loads(content), types[kind])
                _table(state, kind).put(row)
                self._saved[kind][row.id] = row
        except Exception as error:
            raise SnapshotError(f"{self._path} was written by another version; begin with a new file") from error
        self._facts = facts
        return state

    def save(self, state: State) -> None:
        """Write what has changed since the last time, all of it or nothing."""
        facts = {
            "layout": str(LAYOUT),
            "admin_hash": state.admin_hash,
            "system_generator_id": state.system_generator_id,
            "sequence": str(state.sequence),
        }
        now = {name: {row.id: row for row in _table(state, name).all()} for name in self._saved}
        changed = list(_changed(self._saved, now))
        gone = [(kind, one) for kind, rows in self._saved.items() for one in rows.keys() - now[kind].keys()]
        if not changed and not gone and facts == self._facts:
            return
        with self._connection as connection:
            connection.executemany("DELETE FROM rows WHERE kind = ? AND id = ?", gone)
            connection.executemany(
                # A row that is replaced keeps its place, as in the table it comes from.
                "INSERT INTO rows (kind, id, content) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET content = excluded.content",
                [(kind, row.id, json.dumps(_CONVERTER.unstructure(row))) for kind, row in changed],
            )
            connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())
        self._saved, self._facts = now, facts

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _changed(
    before: Mapping[str, Mapping[str, Row]], now: Mapping[str, Mapping[str, Row]]
) -> Iterator[tuple[str, Row]]:
    """Go over rows that are new or were replaced; rows are frozen, so the same one is an unchanged one."""
    for kind, rows in now.items():
        saved = before[kind]
        for row_id, row in rows.items():
            if saved.get(row_id) is not row:
                yield kind, row


def _table(state: State, name: str) -> Table[Any]:
    table: Table[Any] = getattr(state, name)
    return table


def _table_types() -> dict[str, Any]:
    """Return the tables of a state and what their rows are."""
    hints = get_type_hints(State)
    return {
        one.name: get_args(hints[one.name])[0]
        for one in attrs.fields(State)
        if getattr(hints[one.name], "__origin__", None) is Table
    }


def _build() -> Converter:
    converter = Converter()
    converter.register_structure_hook(datetime, lambda text, _type: datetime.fromisoformat(text))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    # What is no text in a mapping (the object of an event) is JSON already.
    converter.register_structure_hook_func(_is_mapping, lambda value, _type: value)
    return converter


def _is_mapping(kind: object) -> bool:
    return getattr(kind, "__origin__", None) is Mapping


_CONVERTER = _build()
