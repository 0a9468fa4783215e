"""Put a failed run back, read it again, and say only what was compared."""

from brokkr_core.rollback.atomic import apply_atomically
from brokkr_core.rollback.attempt import Contested
from brokkr_core.rollback.certificate import Certificate, RunFacts, certify
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.inventory import verify_inventory
from brokkr_core.rollback.journal import (
    DirectoryStore,
    Header,
    Journal,
    JournalStore,
    Leftover,
    MemoryJournal,
    MemoryStore,
    SecretStore,
    leftovers,
)
from brokkr_core.rollback.predicates import Predicates
from brokkr_core.rollback.put_back import Recovered, put_back, put_leftover_back, recover, resumable
from brokkr_core.rollback.undo import Timing, Undone, UndoPolicy, undo
from brokkr_core.rollback.verdict import Finding, ObjectState, Verdict, aggregate
from brokkr_core.rollback.verify import verify

__all__ = [
    "Certificate",
    "Contested",
    "DirectoryStore",
    "Entry",
    "Finding",
    "Header",
    "Journal",
    "JournalStore",
    "Leftover",
    "MemoryJournal",
    "MemoryStore",
    "ObjectState",
    "Predicates",
    "Recovered",
    "RunFacts",
    "SecretStore",
    "Timing",
    "UndoPolicy",
    "Undone",
    "Verdict",
    "aggregate",
    "apply_atomically",
    "certify",
    "leftovers",
    "put_back",
    "put_leftover_back",
    "recover",
    "resumable",
    "undo",
    "verify",
    "verify_inventory",
]
