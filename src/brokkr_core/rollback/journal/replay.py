"""What the records of a journal say, put together again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen

from brokkr_core.errors import JournalError
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback.entry import Entry, answered, continued, declined
from brokkr_core.rollback.journal.encoding import body_from_json, entry_from_json, ref_from_json
from brokkr_core.rollback.journal.header import Header
from brokkr_core.rollback.journal.record import Record, RecordKind


@frozen(kw_only=True)
class Replayed:
    """A run as its journal tells it. Entries stand in the order of their writes, as far as it is known."""

    header: Header
    entries: tuple[Entry, ...]
    would: Mapping[ObjectRef, JsonObject] = field(factory=dict, repr=False)  #: what a write was expected to make
    committed: bool = False
    desired: tuple[JsonObject, ...] | None = field(default=None, repr=False)  #: what was committed, where it was kept
    undoing: bool = False
    last: Record


def replay(records: Iterable[Record]) -> Replayed | None:
    """Put a journal together again.

    An entry without ``after`` that was not refused is in doubt: it may have been written, or never begun.

    Args:
        records: the records, oldest first.

    Returns:
        The run; None when there is no record, so nothing was written.

    Raises:
        JournalError: the records do not belong together.
    """
    story = _Story()
    last: Record | None = None
    for last in records:
        story.hear(last)
    return story.told(last) if last else None


class _Story:
    """Hears one record after the other."""

    def __init__(self) -> None:
        self._header: Header | None = None
        self._entries: dict[ObjectRef, Entry] = {}
        self._carried: dict[ObjectRef, Entry] = {}
        self._would: dict[ObjectRef, JsonObject] = {}
        self._ends: dict[RecordKind, JsonObject] = {}

    def hear(self, record: Record) -> None:
        facts = record.facts
        if record.kind is RecordKind.BEGIN:
            self._header = Header.of(facts)
        elif record.kind in (RecordKind.UNDO, RecordKind.COMMIT, RecordKind.END):
            self._ends[record.kind] = facts
        else:
            self._about(record, ref_from_json(facts.get("ref")), facts)

    def _about(self, record: Record, ref: ObjectRef, facts: JsonObject) -> None:
        known = self._entries.pop(ref, None)
        if record.kind is RecordKind.CARRIED:
            self._entries[ref] = self._carried[ref] = entry_from_json(ref, facts)
        elif record.kind is RecordKind.FORESEEN:
            self._entries[ref] = continued(self._carried.get(ref), entry_from_json(ref, facts))
            self._expect(ref, body_from_json(facts.get("would")))
        elif record.kind is RecordKind.BEFORE:
            moved = evolve(entry_from_json(ref, facts), bounded=facts.get("locked") is False)
            moved = evolve(moved, reversibility=known.reversibility) if known else moved
            self._entries[ref] = continued(self._carried.get(ref), moved)
            self._expect(ref, None)  # that was expected of another version
        elif known is None:
            raise JournalError(f"record {record.number} of the journal tells of {ref}, which no earlier one names")
        else:
            self._entries[ref] = _moved(known, record)

    def _expect(self, ref: ObjectRef, would: JsonObject | None) -> None:
        self._would.pop(ref, None)
        if would is not None:
            self._would[ref] = would

    def told(self, last: Record) -> Replayed:
        if self._header is None:
            raise JournalError("the journal does not begin with its first record")
        return Replayed(
            header=self._header,
            entries=tuple(self._entries.values()),
            would=self._would,
            committed=RecordKind.COMMIT in self._ends,
            desired=_desired(self._ends.get(RecordKind.COMMIT, {})),
            undoing=RecordKind.UNDO in self._ends,
            last=last,
        )


def _moved(entry: Entry, record: Record) -> Entry:
    after = body_from_json(record.facts.get("after"))
    if record.kind is RecordKind.DELETING:
        return evolve(entry, deleted=True)
    if record.kind is RecordKind.REFUSED or after is None:
        return declined(entry)
    created, bounded = (record.facts.get(key) is True for key in ("created", "bounded"))
    return answered(entry, after, created=created, bounded=bounded)


def _desired(facts: JsonObject) -> tuple[JsonObject, ...] | None:
    kept = facts.get("desired")
    return tuple(map(as_object, kept)) if isinstance(kept, list) else None
