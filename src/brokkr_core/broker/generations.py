"""One pool after the other: a new generation is used from its beginning, the old one ends what it has begun."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from attrs import evolve

from brokkr_core.broker.lender import ClosedError, Lendable, Lender, PoolMetrics

T = TypeVar("T", bound=Lendable)


class Generations(Generic[T]):
    """Lends from the pool of the present generation.

    Each generation has a bounded pool of its own, so while an old one drains there may be up to twice as many
    connections.

    Args:
        first: the pool to begin with.
    """

    def __init__(self, first: Lender[T]) -> None:
        self._lock = threading.Lock()
        self._present = first
        self._draining: list[Lender[T]] = []
        self._number = 1
        self._opened = self._gone = 0
        self._closed = False

    @contextmanager
    def lend(self, timeout_seconds: float) -> Iterator[T]:
        """Lend one thing for the length of a ``with`` block; it goes back to the pool it came from.

        Args:
            timeout_seconds: how long to wait while everything is lent out.

        Yields:
            A thing that nobody else uses.

        Raises:
            BusyError: nothing came back in time.
            ClosedError: everything was closed.
        """
        lender, thing = self._take(time.monotonic() + timeout_seconds)
        try:
            yield thing
        finally:
            lender.give_back(thing)

    def renew(self, begin: Callable[[], Lender[T]]) -> None:
        """Begin a new generation; whoever waits for the old one goes on waiting for the new one.

        Args:
            begin: makes its pool; not called when everything is closed.
        """
        with self._lock:
            if self._closed:
                return
            self._forget_drained()
            old, self._present = self._present, begin()
            self._number += 1
            self._draining.append(old)
        old.close()

    def close(self) -> None:
        """Close every generation."""
        with self._lock:
            self._closed = True
            present = self._present
        present.close()

    def metrics(self) -> PoolMetrics:
        """Return how all generations stand together."""
        with self._lock:
            self._forget_drained()
            present = self._present.metrics()
            older = [lender.metrics() for lender in self._draining]
            return evolve(
                present,
                lent=present.lent + sum(one.lent for one in older),
                opened_total=present.opened_total + sum(one.opened_total for one in older) + self._opened,
                closed_total=present.closed_total + sum(one.closed_total for one in older) + self._gone,
                generation=self._number,
                draining=sum(one.lent for one in older),
            )

    def _take(self, end: float) -> tuple[Lender[T], T]:
        while True:
            with self._lock:
                lender = self._present
            try:
                return lender, lender.take(max(0.0, end - time.monotonic()))
            except ClosedError:
                with self._lock:
                    if self._closed:
                        raise

    def _forget_drained(self) -> None:
        left = []
        for lender in self._draining:
            now = lender.metrics()
            if now.open or now.lent:
                left.append(lender)
            else:
                self._opened += now.opened_total
                self._gone += now.closed_total
        self._draining = left
