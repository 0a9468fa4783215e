"""Put a failed run back, read it again, and say only what was compared."""

from brokkr_core.rollback.attempt import Contested
from brokkr_core.rollback.certificate import Certificate, RunFacts, certify
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.inventory import verify_inventory
from brokkr_core.rollback.journal import MemoryJournal
from brokkr_core.rollback.predicates import Predicates
from brokkr_core.rollback.undo import Timing, Undone, UndoPolicy, undo
from brokkr_core.rollback.verdict import Finding, ObjectState, Verdict, aggregate
from brokkr_core.rollback.verify import verify

__all__ = [
    "Certificate",
    "Contested",
    "Entry",
    "Finding",
    "MemoryJournal",
    "ObjectState",
    "Predicates",
    "RunFacts",
    "Timing",
    "UndoPolicy",
    "Undone",
    "Verdict",
    "aggregate",
    "certify",
    "undo",
    "verify",
    "verify_inventory",
]
