"""Revisions of a stack that were committed, as its journals tell them."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from brokkr_core.model.json import JsonObject
from brokkr_core.rollback.journal.leftover import records_of
from brokkr_core.rollback.journal.replay import replay
from brokkr_core.rollback.journal.store import JournalStore


@frozen(kw_only=True)
class Committed:
    """One revision that was applied, and became ready."""

    journal: str
    revision: str
    checksum: str
    desired: tuple[JsonObject, ...] = field(repr=False)


def committed(store: JournalStore, *, prefix: str) -> Iterator[Committed]:
    """Find the committed revisions of a stack, newest first; only those whose objects were kept.

    Args:
        store: where the journals are.
        prefix: what the names of the stack's journals begin with, ``StackKey.digest``.

    Yields:
        The revisions.

    Raises:
        JournalError: a journal is not whole.
        ApiError, NetworkError: the store did not answer.
    """
    for found in reversed(store.found()):
        if not found.name.startswith(prefix):
            continue
        told = replay(records_of(store, found.name))
        if told is not None and told.desired is not None:
            header = told.header
            yield Committed(
                journal=found.name, revision=header.revision, checksum=header.checksum, desired=told.desired
            )
