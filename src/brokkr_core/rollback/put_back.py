"""Put a recorded run back, and end its journal with what was proven."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from attrs import evolve, frozen

from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import Observer, RollbackFinished, RollbackStarted, silent
from brokkr_core.model.json import JsonObject
from brokkr_core.rollback.certificate import RunFacts, certify
from brokkr_core.rollback.entry import Entry, as_it_was, stands
from brokkr_core.rollback.journal.chain import Chain
from brokkr_core.rollback.journal.header import Header
from brokkr_core.rollback.journal.journal import end, undoing
from brokkr_core.rollback.journal.leftover import Leftover, decided, leftovers, settled
from brokkr_core.rollback.journal.store import JournalStore
from brokkr_core.rollback.look import look
from brokkr_core.rollback.undo import Undone, UndoPolicy, undo

COMMITTED, RESUMED = "committed", "resumed"  #: how a journal may end besides a verdict


@frozen(kw_only=True)
class Recovered:
    """What became of a run that a process left behind. Without ``undone`` it had been committed already."""

    header: Header
    journal: str
    entries: tuple[Entry, ...] = ()
    undone: Undone | None = None


def put_back(
    client: KubeClient,
    chain: Chain,
    entries: Sequence[Entry],
    *,
    header: Header,
    because: str,
    policy: UndoPolicy | None = None,
    before_end: Callable[[Undone], Undone] = lambda undone: undone,
    observer: Observer = silent,
    sleep: Callable[[float], None] = time.sleep,
) -> Undone:
    """Put a run back, prove it, and end its journal.

    Args:
        client: the cluster.
        chain: the end of the run's journal.
        entries: what the run did, oldest write first.
        header: which run.
        because: why, in a few words without values.
        policy: how long to wait.
        before_end: puts back what else belongs to the run, such as its inventory, before the journal ends, and returns
            the verdict that this leaves.
        observer: hears of the beginning and of the end.
        sleep: waits so many seconds.

    Returns:
        The verdict and what it rests on.

    Raises:
        JournalError: it cannot be written down; without that nothing is put back.
    """
    started = datetime.now(UTC)
    observer(RollbackStarted(because=because, objects=tuple(entry.ref for entry in entries)))
    undoing(chain, because)
    undone = before_end(undo(client, tuple(entries), policy=policy, sleep=sleep))
    facts = RunFacts(
        run_id=chain.name,
        plan_digest=header.plan_digest,
        journal_head=chain.head if chain.begun else "",
        started=started,
        finished=datetime.now(UTC),
        engine=version("brokkr"),
    )
    certificate = certify(undone, entries, facts, key=bytes.fromhex(header.key))
    end(chain, str(undone.verdict), certificate.to_json())
    observer(RollbackFinished(verdict=undone.verdict, lines=undone.lines))
    return undone


def recover(
    client: KubeClient,
    store: JournalStore,
    *,
    prefix: str = "",
    policy: UndoPolicy | None = None,
    before_end: Callable[[Recovered, Undone], Undone] = lambda _recovered, undone: undone,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Recovered]:
    """Put back every run that was begun and not ended, newest first.

    Whoever calls this must be the only one who works under this owner: hold its Lease.

    Args:
        client: the cluster.
        store: where the journals are.
        prefix: only journals whose name begins so, such as ``StackKey.digest``.
        policy: how long to wait.
        before_end: as for ``put_back``, for every run.
        sleep: waits so many seconds.

    Yields:
        The runs, each when it is put back and its journal ended.

    Raises:
        JournalError: a journal is not whole, or cannot be ended.
        ApiError, NetworkError: the cluster did not answer; call again later.
    """
    for one in leftovers(store, prefix=prefix):
        yield put_leftover_back(client, one, policy=policy, before_end=before_end, sleep=sleep)


def put_leftover_back(
    client: KubeClient,
    leftover: Leftover,
    *,
    policy: UndoPolicy | None = None,
    before_end: Callable[[Recovered, Undone], Undone] = lambda _recovered, undone: undone,
    observer: Observer = silent,
    sleep: Callable[[float], None] = time.sleep,
) -> Recovered:
    """Put one run back that was begun and not ended; one that was committed is only ended.

    Raises:
        As ``recover``.
    """
    told, chain = leftover.told, leftover.chain
    if told.committed:
        end(chain, COMMITTED)
        return Recovered(header=told.header, journal=chain.name)
    entries = settled(client, told)
    recovered = Recovered(header=told.header, journal=chain.name, entries=entries)
    undone = put_back(
        client,
        chain,
        entries,
        header=told.header,
        because="its process ended in the middle",
        policy=policy,
        before_end=lambda undone: before_end(recovered, undone),
        observer=observer,
        sleep=sleep,
    )
    return evolve(recovered, undone=undone)


def resumable(client: KubeClient, leftover: Leftover) -> tuple[Entry, ...] | None:
    """Tell whether a later run may go on where a run was left, and with what.

    Args:
        client: the cluster.
        leftover: the run.

    Returns:
        What it did, to be carried into the next run's journal; None when it was being put back already, or when
        somebody has changed since what it did, so that it has to be put back first.

    Raises:
        ApiError, NetworkError: an object could not be looked at.
    """
    if leftover.told.undoing:
        return None
    written: list[Entry] = []
    for recorded in leftover.told.entries:
        if recorded.refused:
            continue
        live = look(client, recorded)
        entry = decided(leftover.told, recorded, live)
        if entry.refused:
            continue
        if not (_as_before(entry, live) if entry.after is None else stands(entry, live)):
            return None
        if entry.after is not None:
            written.append(entry)
    return tuple(written)


def _as_before(entry: Entry, live: JsonObject | None) -> bool:
    if entry.before is None or live is None:
        return entry.before is live
    return as_it_was(entry.before, live)
