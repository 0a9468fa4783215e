"""Where an outbox keeps its entries."""

from __future__ import annotations

from typing import Protocol

from brokkr_core.broker.outbox.entry import Added, Entry, Result


class OutboxStore(Protocol):
    """Keeps entries; safe to use from several threads, by one process at a time.

    What a method has done is still there after the process was killed, as far as the store promises to be durable.
    Every method raises OutboxError when it cannot do that.
    """

    def add(self, result: Result, *, most: int) -> Added:
        """Keep a result as WAITING, unless its attempt has one or ``most`` entries wait."""

    def open_entries(self) -> tuple[Entry, ...]:
        """Return what the broker may still have to hear, WAITING and SENDING, in the order of adding."""

    def open_count(self) -> int:
        """Return how many those are."""

    def sending(self, attempt_id: str, *, after: str) -> None:
        """Note that an entry is about to be sent."""

    def waiting(self, attempt_id: str) -> None:
        """Note that the broker certainly does not have an entry."""

    def delivered(self, attempt_id: str) -> None:
        """Note that the broker has an entry; its message need not be kept."""

    def set_aside(self, attempt_id: str, why: str) -> None:
        """Note that the broker will never take an entry. A bounded number of them is kept, the newest."""

    def aside(self) -> tuple[Entry, ...]:
        """Return what was set aside, in the order of adding."""

    def aside_count(self) -> int:
        """Return how many those are."""

    def close(self) -> None:
        """Give the store free for another process."""
