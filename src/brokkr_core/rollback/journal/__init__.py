"""The record of a run, written ahead of every change, so that whoever finds it can put the run back."""

from brokkr_core.rollback.journal.chain import Chain
from brokkr_core.rollback.journal.directory import DirectoryStore
from brokkr_core.rollback.journal.header import Header, plan_digest
from brokkr_core.rollback.journal.history import Committed, committed
from brokkr_core.rollback.journal.journal import Journal, end
from brokkr_core.rollback.journal.ledger import MemoryJournal
from brokkr_core.rollback.journal.leftover import Leftover, leftovers, records_of, settled, tidy
from brokkr_core.rollback.journal.memory import MemoryStore
from brokkr_core.rollback.journal.record import Record, RecordKind
from brokkr_core.rollback.journal.replay import Replayed, replay
from brokkr_core.rollback.journal.secrets import SecretStore
from brokkr_core.rollback.journal.store import Found, JournalStore, Kept

__all__ = [
    "Chain",
    "Committed",
    "DirectoryStore",
    "Found",
    "Header",
    "Journal",
    "JournalStore",
    "Kept",
    "Leftover",
    "MemoryJournal",
    "MemoryStore",
    "Record",
    "RecordKind",
    "Replayed",
    "SecretStore",
    "committed",
    "end",
    "leftovers",
    "plan_digest",
    "records_of",
    "replay",
    "settled",
    "tidy",
]
