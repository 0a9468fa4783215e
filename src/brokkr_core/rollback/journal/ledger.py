"""What a run replaced, in the order it replaced it, in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from attrs import evolve

from brokkr_core.apply.recorder import Foreseen
from brokkr_core.kube.client import Applied
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.reversibility import Reversibility
from brokkr_core.rollback.entry import Entry, answered, continued, declined


class MemoryJournal:
    """Keeps the record of one run in memory: enough to undo a run that fails, not one whose process dies.

    Args:
        carried: what an earlier run did that this one goes on with; it is put back with this run.
    """

    def __init__(self, carried: Sequence[Entry] = ()) -> None:
        self._lock = threading.Lock()
        self._entries: dict[ObjectRef, Entry] = {entry.ref: entry for entry in carried}
        self._carried = dict(self._entries)
        self._classes: dict[ObjectRef, Reversibility] = {}

    def foresee(self, changes: Sequence[Foreseen]) -> None:
        """Keep how far each change can be taken back."""
        self._classes = {change.ref: change.reversibility for change in changes}

    def before(self, ref: ObjectRef, live: JsonObject | None, *, locked: bool = True) -> None:
        """Record what stands there. A later record of the same object replaces one that no write followed."""
        known = self._classes.get(ref, Reversibility.EXACT)
        with self._lock:
            self._entries.pop(ref, None)
            made = Entry(ref=ref, before=live, bounded=not locked, reversibility=known)
            self._entries[ref] = continued(self._carried.get(ref), made)

    def after(self, ref: ObjectRef, applied: Applied) -> None:
        """Record what the server made of the write."""
        with self._lock:
            self._entries[ref] = answered(
                self._entries[ref], applied.body, created=applied.created, bounded=applied.bounded
            )

    def deleted(self, ref: ObjectRef) -> None:
        """Record that what stands there is being deleted by us, to be created anew."""
        with self._lock:
            self._entries[ref] = evolve(self._entries[ref], deleted=True)

    def refused(self, ref: ObjectRef) -> None:
        """Record that the server refused the write or the deletion."""
        with self._lock:
            self._entries[ref] = declined(self._entries[ref])

    def entries(self) -> tuple[Entry, ...]:
        """Return the record, oldest write first."""
        with self._lock:
            return tuple(self._entries.values())
