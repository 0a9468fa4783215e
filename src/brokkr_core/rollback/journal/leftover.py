"""A journal that a process left behind: read it, look at what is in doubt, and know what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from brokkr_core.errors import JournalError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.journal.chain import Chain
from brokkr_core.rollback.journal.doubt import in_doubt, settle
from brokkr_core.rollback.journal.record import Record, read_lines
from brokkr_core.rollback.journal.replay import Replayed, replay
from brokkr_core.rollback.journal.store import JournalStore
from brokkr_core.rollback.look import look


@frozen(kw_only=True)
class Leftover:
    """A run that was begun and not ended, and the end of its journal."""

    told: Replayed
    chain: Chain


def records_of(store: JournalStore, name: str) -> tuple[Record, ...]:
    """Read a journal and follow its chain.

    Raises:
        JournalError: it is not whole, or was altered.
        ApiError, NetworkError: the store did not answer.
    """
    return tuple(read_lines(store.read(name).lines))


def _raise(_name: str, error: JournalError) -> None:
    raise error


def leftovers(
    store: JournalStore, *, prefix: str = "", on_damage: Callable[[str, JournalError], None] = _raise
) -> Iterator[Leftover]:
    """Find the journals of runs that were begun and not ended, newest first.

    Newest first is the order to put them back in: each was begun on what the one before it had left.

    Args:
        store: where journals are kept.
        prefix: only those whose name begins so, such as ``StackKey.digest``.
        on_damage: hears of a journal that is not whole: its run can neither be put back nor forgotten.

    Yields:
        The runs. A journal in which nothing is durable says that nothing was written; it is deleted.

    Raises:
        JournalError: a journal is not whole, unless ``on_damage`` says otherwise.
        ApiError, NetworkError: the store did not answer.
    """
    for found in reversed(store.found()):
        if found.ended or not found.name.startswith(prefix):
            continue
        try:
            kept = store.read(found.name)
            told = replay(read_lines(kept.lines))
        except JournalError as error:
            on_damage(found.name, error)
            continue
        if told is None:
            store.remove(found.name)
            continue
        chain = Chain(
            store,
            found.name,
            lag_seconds=0.0,
            opening=told.header.to_json,
            last=told.last,
            segments=kept.segments,
        )
        yield Leftover(told=told, chain=chain)


def settled(client: KubeClient, told: Replayed) -> tuple[Entry, ...]:
    """Decide every doubt of a run with one read each.

    Args:
        client: the cluster.
        told: the run as its journal tells it.

    Returns:
        Every entry, oldest first.

    Raises:
        ApiError, NetworkError: an object could not be looked at.
    """
    return tuple(decided(told, entry, look(client, entry)) if in_doubt(entry) else entry for entry in told.entries)


def decided(told: Replayed, entry: Entry, live: JsonObject | None) -> Entry:
    """Decide the doubt about one entry, if there is any, by how its object stands. Pure."""
    if not in_doubt(entry):
        return entry
    return settle(entry, live, would=told.would.get(entry.ref), manager=told.header.manager)


def tidy(store: JournalStore, *, prefix: str, keep: int) -> None:
    """Delete the oldest of the journals that have ended.

    Args:
        store: where they are.
        prefix: what the names of one stack's journals begin with.
        keep: how many may stay.
    """
    ended = [found.name for found in store.found() if found.ended and found.name.startswith(prefix)]
    for name in ended[: max(0, len(ended) - keep)]:
        store.remove(name)
