"""Lends out things that one thread at a time may use, a bounded number of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """Something that holds a connection."""

    def close(self) -> None:
        """Give it back."""


T = TypeVar("T", bound=Closable)


class BusyError(Exception):
    """Everything is lent out and nothing came back in time."""


class ClosedError(Exception):
    """The lender was closed."""


class Lender(Generic[T]):
    """Makes things when needed, keeps the idle ones for a while, lends the one that came back last.

    Args:
        make: makes one thing; called outside the lock.
        most: how many may exist at once.
        keep: how many idle ones are kept.
        idle_seconds: how long an idle one is kept; older ones are closed at the next lending or return.
        clock: gives seconds that only ever go forward.
    """

    def __init__(
        self,
        make: Callable[[], T],
        *,
        most: int,
        keep: int,
        idle_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._free = threading.BoundedSemaphore(most)
        self._keep = keep
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: deque[tuple[float, T]] = deque()
        self._closed = False

    @contextmanager
    def lend(self, timeout_seconds: float) -> Iterator[T]:
        """Lend one thing for the length of a ``with`` block.

        Args:
            timeout_seconds: how long to wait while everything is lent out.

        Yields:
            A thing that nobody else uses.

        Raises:
            BusyError: nothing came back in time.
            ClosedError: the lender was closed.
        """
        if not self._free.acquire(timeout=timeout_seconds):
            raise BusyError
        try:
            thing = self._newest() or self._make()
            try:
                yield thing
            finally:
                self._take_back(thing)
        finally:
            self._free.release()

    def close(self) -> None:
        """Close what is idle now, and what is lent as soon as it comes back."""
        with self._lock:
            self._closed = True
            leaving = [thing for _, thing in self._idle]
            self._idle.clear()
        _close_all(leaving)

    def _newest(self) -> T | None:
        with self._lock:
            if self._closed:
                raise ClosedError
            leaving = self._aged()
            newest = self._idle.pop()[1] if self._idle else None
        _close_all(leaving)
        return newest

    def _take_back(self, thing: T) -> None:
        with self._lock:
            if self._closed:
                leaving = [thing]
            else:
                self._idle.append((self._clock(), thing))
                leaving = self._aged()
                while len(self._idle) > self._keep:
                    leaving.append(self._idle.popleft()[1])
        _close_all(leaving)

    def _aged(self) -> list[T]:
        oldest = self._clock() - self._idle_seconds
        aged = []
        while self._idle and self._idle[0][0] < oldest:
            aged.append(self._idle.popleft()[1])
        return aged


def _close_all(things: list[T]) -> None:
    for thing in things:
        thing.close()
