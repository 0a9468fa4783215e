"""Put a failed run back, read it again, and say only what was compared."""

from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.journal import MemoryJournal
from brokkr_core.rollback.undo import Undone, UndoPolicy, undo
from brokkr_core.rollback.verdict import Finding, ObjectState, Verdict, aggregate
from brokkr_core.rollback.verify import verify

__all__ = [
    "Entry",
    "Finding",
    "MemoryJournal",
    "ObjectState",
    "UndoPolicy",
    "Undone",
    "Verdict",
    "aggregate",
    "undo",
    "verify",
]
