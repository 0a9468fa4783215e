"""The growing end of a journal: records join the chain one by one and reach the store together."""

from __future__ import annotations

import threading
from collections.abc import Callable

from brokkr_core.errors import BrokkrError, JournalError
from brokkr_core.model.json import JsonObject
from brokkr_core.rollback.journal.record import GENESIS, Record, RecordKind, seal
from brokkr_core.rollback.journal.store import JournalStore
from brokkr_core.threads import carried


class Chain:
    """Appends records to one journal; safe to call from several threads.

    Whoever needs durability flushes; threads that come while an append is under way are served by the next one.

    Args:
        store: where to.
        name: which journal.
        lag_seconds: how long a record that nobody waits for may stay in memory; 0 makes each durable at once.
        opening: makes the facts of the first record, which is written when there is none yet.
        last: the last record that is there, when a process left the journal behind.
        segments: the number of the next segment.
    """

    def __init__(
        self,
        store: JournalStore,
        name: str,
        *,
        lag_seconds: float,
        opening: Callable[[], JsonObject],
        last: Record | None = None,
        segments: int = 0,
    ) -> None:
        self.name = name
        self._store = store
        self._lag = lag_seconds
        self._opening = opening
        self._lock = threading.Lock()  # guards last, waiting, broken and timer
        self._last = last
        self._waiting: list[bytes] = []
        self._broken: BrokkrError | None = None
        self._timer: threading.Timer | None = None
        self._appending = threading.Lock()  # one append at a time, in the order of the records
        self._segment = segments
        self._ended = False

    @property
    def open(self) -> bool:
        """Whether anything is in it and it was not ended: then the next start has to see to it."""
        return self.begun and not self._ended

    @property
    def begun(self) -> bool:
        """Whether there is any record."""
        return self._last is not None

    @property
    def head(self) -> str:
        """The digest of the last record: who knows it can tell whether anything before it was altered."""
        last = self._last
        return last.digest if last else GENESIS

    def add(self, kind: RecordKind, facts: JsonObject) -> int:
        """Put a record at the end.

        Args:
            kind: what it says.
            facts: the particulars.

        Returns:
            How long the record is, in bytes.
        """
        with self._lock:
            if self._last is None:
                self._last = seal(RecordKind.BEGIN, self._opening(), after=None)
                self._waiting.append(self._last.line)
            self._last = seal(kind, facts, after=self._last)
            self._waiting.append(self._last.line)
            return len(self._last.payload)

    def flush(self, *, last: bool = False) -> None:
        """Make everything durable that was added.

        Args:
            last: the journal ends with it.

        Raises:
            JournalError: it is not, now or at an earlier flush; what follows a gap would not be believed.
        """
        with self._appending:
            with self._lock:
                timer, self._timer = self._timer, None
                if timer:
                    timer.cancel()
                self.check()
                lines, self._waiting = b"".join(self._waiting), []
            if not lines:
                return
            try:
                self._store.append(self.name, self._segment, lines, last=last)
            except BrokkrError as error:
                self._broken = error
                self.check()
            self._segment += 1
            self._ended = last

    def flush_soon(self) -> None:
        """Make everything durable within the lag; a failure is told to whoever flushes next."""
        if not self._lag:
            self.flush_quietly()
            return
        with self._lock:
            if self._timer is None and self._broken is None:
                self._timer = threading.Timer(self._lag, carried(self.flush_quietly))
                self._timer.daemon = True
                self._timer.start()

    def check(self) -> None:
        """Raise if an earlier record could not be kept.

        Raises:
            JournalError: it could not.
        """
        if self._broken is not None:
            raise JournalError(f"the journal of this run cannot be written: {self._broken}") from self._broken

    def flush_quietly(self) -> None:
        """Make everything durable that was added, so that nothing follows later; ``check`` tells of a failure."""
        try:
            self.flush()
        except JournalError:
            return  # check() repeats it
