"""What a run replaced, in the order it replaced it."""

from __future__ import annotations

import threading

from attrs import evolve

from brokkr_core.kube.client import Applied
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback.entry import Entry


class MemoryJournal:
    """Keeps the record of one run in memory: enough to undo a run that fails, not one whose process dies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[ObjectRef, Entry] = {}

    def before(self, ref: ObjectRef, live: JsonObject | None) -> None:
        """Record what stands there. A later record of the same object replaces one that no write followed."""
        with self._lock:
            self._entries.pop(ref, None)
            self._entries[ref] = Entry(ref=ref, before=live)

    def after(self, ref: ObjectRef, applied: Applied) -> None:
        """Record what the server made of the write."""
        with self._lock:
            entry = self._entries[ref]
            self._entries[ref] = evolve(entry, after=applied.body, created=applied.created, bounded=applied.bounded)

    def deleted(self, ref: ObjectRef) -> None:
        """Record that what stands there is being deleted by us, to be created anew."""
        with self._lock:
            self._entries[ref] = evolve(self._entries[ref], deleted=True)

    def refused(self, ref: ObjectRef) -> None:
        """Record that the server refused the write or the deletion."""
        with self._lock:
            self._entries[ref] = evolve(self._entries[ref], refused=True)

    def entries(self) -> tuple[Entry, ...]:
        """Return the record, oldest write first."""
        with self._lock:
            return tuple(self._entries.values())
