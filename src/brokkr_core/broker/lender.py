"""Lends out things that one thread at a time may use, a bounded number of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from attrs import frozen


class Lendable(Protocol):
    """Something that holds a connection."""

    def usable(self) -> bool:
        """Tell whether it can be used once more; asked whenever it comes back and before it is lent again."""

    def close(self) -> None:
        """Give up the connection."""


T = TypeVar("T", bound=Lendable)


class BusyError(Exception):
    """Everything is lent out and nothing came back in time."""


class ClosedError(Exception):
    """The lender was closed."""


@frozen(kw_only=True)
class PoolMetrics:
    """How a pool of connections stood at one moment.

    Args:
        idle: open and waiting for the next request.
        lent: in use.
        waiting: threads that wait for one.
        opened_total: made since the start.
        closed_total: closed since the start.
        generation: counts the reloads of certificates, from 1.
        draining: in use and of an earlier generation; ``lent`` counts them too.
    """

    idle: int = 0
    lent: int = 0
    waiting: int = 0
    opened_total: int = 0
    closed_total: int = 0
    generation: int = 1
    draining: int = 0

    @property
    def open(self) -> int:
        """How many there are."""
        return self.opened_total - self.closed_total


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
        self._most = most
        self._keep = keep
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._changed = threading.Condition()
        self._idle: deque[tuple[float, T]] = deque()
        self._lent = self._waiting = self._opened = self._gone = 0
        self._closed = False

    def take(self, timeout_seconds: float) -> T:
        """Lend one thing; it has to be given back.

        Args:
            timeout_seconds: how long to wait while everything is lent out.

        Returns:
            A thing that nobody else uses.

        Raises:
            BusyError: nothing came back in time.
            ClosedError: the lender was closed, maybe while waiting.
        """
        with self._changed:
            self._waiting += 1
            try:
                free = self._changed.wait_for(lambda: self._closed or self._lent < self._most, timeout_seconds)
            finally:
                self._waiting -= 1
            if self._closed:
                raise ClosedError
            if not free:
                raise BusyError
            self._lent += 1
            leaving, thing = self._newest()
        self._close_all(leaving)
        return thing if thing is not None else self._made()

    def give_back(self, thing: T) -> None:
        """Take a thing back that was lent."""
        with self._changed:
            self._lent -= 1
            leaving = []
            if self._closed or not thing.usable():
                leaving.append(thing)
            else:
                self._idle.append((self._clock(), thing))
            leaving += self._aged()
            while len(self._idle) > self._keep:
                leaving.append(self._idle.popleft()[1])
            self._changed.notify()
        self._close_all(leaving)

    def close(self) -> None:
        """Close what is idle now, and what is lent as soon as it comes back; nobody waits any longer."""
        with self._changed:
            self._closed = True
            leaving = [thing for _, thing in self._idle]
            self._idle.clear()
            self._changed.notify_all()
        self._close_all(leaving)

    def metrics(self) -> PoolMetrics:
        """Return how things stand."""
        with self._changed:
            return PoolMetrics(
                idle=len(self._idle),
                lent=self._lent,
                waiting=self._waiting,
                opened_total=self._opened,
                closed_total=self._gone,
            )

    def _newest(self) -> tuple[list[T], T | None]:
        """Find the idle thing that came back last and can be used, and what leaves on the way; the lock is held."""
        leaving = self._aged()
        while self._idle:
            thing = self._idle.pop()[1]
            if thing.usable():
                return leaving, thing
            leaving.append(thing)
        return leaving, None

    def _made(self) -> T:
        try:
            thing = self._make()
        except BaseException:
            with self._changed:
                self._lent -= 1
                self._changed.notify()
            raise
        with self._changed:
            self._opened += 1
        return thing

    def _aged(self) -> list[T]:
        oldest = self._clock() - self._idle_seconds
        aged = []
        while self._idle and self._idle[0][0] < oldest:
            aged.append(self._idle.popleft()[1])
        return aged

    def _close_all(self, things: list[T]) -> None:
        for thing in things:
            thing.close()
        if things:
            with self._changed:
                self._gone += len(things)
