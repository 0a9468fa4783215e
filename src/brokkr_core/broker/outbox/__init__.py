"""Results on their way to the broker, kept in a file that outlives the process."""

from brokkr_core.broker.outbox.entry import Added, Entry, EntryState, Result
from brokkr_core.broker.outbox.outbox import MOST_WAITING, Delivery, EventDoor, Outbox
from brokkr_core.broker.outbox.sqlite import SqliteOutbox
from brokkr_core.broker.outbox.store import OutboxStore

__all__ = [
    "MOST_WAITING",
    "Added",
    "Delivery",
    "Entry",
    "EntryState",
    "EventDoor",
    "Outbox",
    "OutboxStore",
    "Result",
    "SqliteOutbox",
]
