"""The record of a run, written ahead of every change, so that whoever finds it can put the run back."""

from brokkr_core.rollback.journal.directory import DirectoryStore
from brokkr_core.rollback.journal.header import Header
from brokkr_core.rollback.journal.journal import Journal
from brokkr_core.rollback.journal.ledger import MemoryJournal
from brokkr_core.rollback.journal.memory import MemoryStore
from brokkr_core.rollback.journal.record import Record, RecordKind
from brokkr_core.rollback.journal.secrets import SecretStore
from brokkr_core.rollback.journal.store import Found, JournalStore, Kept

__all__ = [
    "DirectoryStore",
    "Found",
    "Header",
    "Journal",
    "JournalStore",
    "Kept",
    "MemoryJournal",
    "MemoryStore",
    "Record",
    "RecordKind",
    "SecretStore",
]
