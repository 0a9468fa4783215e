"""Writes the chain for all threads: one lock for its order, and one wait for the disk for all who wait at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from attrs import frozen

from brokkr_agent.audit.chain import Head, seal
from brokkr_agent.audit.policy import Fsync, Policy
from brokkr_agent.audit.segments import Segments, Surplus
from brokkr_core.model.json import JsonObject


@frozen(kw_only=True)
class _Mark:
    """Up to where everything is durable."""

    head: Head
    size: int


class ChainWriter:
    """Appends records to the segments. Safe to use from several threads.

    Args:
        segments: the files; opened.
        head: the end of the chain there.
        policy: when a record is durable, and when a segment is full.
        drop: makes the record that says which segments are about to be deleted.
        lost: hears how many records were taken back that nobody waits for, because the disk did not keep them.
    """

    def __init__(
        self,
        segments: Segments,
        head: Head,
        *,
        policy: Policy,
        drop: Callable[[Surplus], JsonObject],
        lost: Callable[[int], None],
    ) -> None:
        self._segments = segments
        self._head = head
        self._policy = policy
        self._drop = drop
        self._lost = lost
        self._turn = threading.Condition()
        self._mark = _Mark(head=head, size=segments.size)
        self._syncing = False
        self._epoch = 0  #: how often records had to be taken back
        self._waiting: set[int] = set()  #: numbers of the records that somebody waits for

    @property
    def head(self) -> Head:
        """The end of the chain."""
        with self._turn:
            return self._head

    @property
    def durable(self) -> int:
        """Number of the last record that is not going to be taken back."""
        with self._turn:
            return self._head.seq if self._policy.fsync is Fsync.OFF else self._mark.head.seq

    def append(self, compose: Callable[[], Sequence[JsonObject]], *, wait: bool) -> None:
        """Write records, all of them or none.

        Args:
            compose: makes them, when it is their turn.
            wait: whether the last of them has to be durable before this returns, as far as the policy has it so.

        Raises:
            OSError: they were not written, or are not durable and were taken back.
        """
        always, shared = self._policy.fsync is Fsync.ALWAYS, wait and self._policy.fsync is Fsync.BATCH
        seq = 0
        try:
            with self._turn:
                self._make_room()
                self._put(compose())
                seq, epoch = self._head.seq, self._epoch
                if always or shared:
                    self._waiting.add(seq)
                if always:
                    self._sync()
            if shared:
                self._wait_for(seq, epoch)
        finally:
            with self._turn:
                self._waiting.discard(seq)

    def close(self) -> None:
        """Make everything durable and give the files back.

        Raises:
            OSError: the last records may not be on the disk.
        """
        with self._turn:
            self._await_leader()
            try:
                self._sync()
            finally:
                self._segments.close()

    def _put(self, records: Sequence[JsonObject]) -> None:
        head, lines = self._head, []
        for record in records:
            line, head = seal(record, head)
            lines.append(line)
        self._segments.append(b"".join(lines))
        self._head = head

    def _make_room(self) -> None:
        """Begin another segment when this one is full."""
        while self._segments.size >= self._policy.segment_bytes:
            if self._await_leader():
                continue
            self._sync()
            self._segments.rotate(self._head.seq + 1)
            self._mark = _Mark(head=self._head, size=0)
            surplus = self._segments.surplus(self._policy.segments_kept)
            if surplus.segments:
                self._put([self._drop(surplus)])  # said before it is done: what is missing for no reason is a fault
                self._sync()
                self._segments.remove(surplus.segments)

    def _await_leader(self) -> bool:
        """Let whoever waits for the disk come back; tell whether anybody did."""
        waited = self._syncing
        while self._syncing:
            self._turn.wait()
        return waited

    def _sync(self) -> None:
        """Make everything durable; the lock is held, and nobody else waits for the disk."""
        if self._policy.fsync is Fsync.OFF:
            return
        try:
            self._segments.sync()
        except OSError:
            self._take_back()
            raise
        self._mark = _Mark(head=self._head, size=self._segments.size)

    def _wait_for(self, seq: int, epoch: int) -> None:
        """Wait until a record is durable: as the one who waits for the disk, or together with others."""
        with self._turn:
            while self._syncing and self._epoch == epoch and self._mark.head.seq < seq:
                self._turn.wait()
            if self._epoch != epoch:
                raise OSError(0, "the disk did not keep it")
            if self._mark.head.seq >= seq:
                return
            self._syncing = True
            reached = _Mark(head=self._head, size=self._segments.size)
        kept = False
        try:
            self._segments.sync()  # outside of the lock: whatever is written meanwhile waits for the next time
            kept = True
        finally:
            with self._turn:
                self._syncing = False
                if kept:
                    self._mark = reached
                else:
                    self._take_back()
                self._turn.notify_all()

    def _take_back(self) -> None:
        """Undo what is not durable. After a failed sync the system no longer knows what is on the disk and what is not,
        and says of the next one that all is well; so it is written anew or not at all.
        """
        durable = self._mark.head.seq
        unwaited = self._head.seq - durable - sum(1 for seq in self._waiting if seq > durable)
        self._head = self._mark.head
        self._segments.cut_to(self._mark.size)
        self._epoch += 1
        if unwaited:
            self._lost(unwaited)
