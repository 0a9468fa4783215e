"""How many requests may be under way at once: more while all goes well, half as many when the server says slower.

Additive increase, multiplicative decrease, as TCP does it (RFC 5681): no clock, only what came back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from brokkr_core.model.http import Response
from brokkr_core.retry import TURNED_AWAY, Outcome

#: Where a run begins, unless it may not have so many.
START = 8


class Pace:
    """A gate for worker threads: ``with pace:`` around each request.

    Args:
        most: never more at once than this.
        start: how many at once in the beginning.
    """

    def __init__(self, *, most: int, start: int = START) -> None:
        self._most = most
        self._limit = min(start, most)
        self._running = 0
        self._credit = 0
        self._deaf = 0
        self._free = threading.Condition()

    @property
    def limit(self) -> int:
        """How many may be under way now."""
        return self._limit

    def __enter__(self) -> Self:
        with self._free:
            self._free.wait_for(lambda: self._running < self._limit)
            self._running += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._free:
            self._running -= 1
            self._deaf = max(0, self._deaf - 1)
            self._credit += 1
            if self._credit >= self._limit and not self._deaf:
                self._credit = 0
                self._limit = min(self._most, self._limit + 1)
            self._free.notify_all()

    def rest(self, seconds: float, *, sleep: Callable[[float], object] = time.sleep) -> None:
        """Sleep inside ``with pace:`` without holding anybody up: the place is given back meanwhile.

        Args:
            seconds: how long.
            sleep: waits so many seconds.
        """
        with self._free:
            self._running -= 1
            self._free.notify_all()
        try:
            sleep(seconds)
        finally:
            self.__enter__()

    def hear(self, outcome: Outcome) -> None:
        """Take note of an answer after which a request is sent again; being turned away (425, 429) halves the pace.

        The requests that were under way at that moment will be turned away as well: they count as one warning.
        """
        if not isinstance(outcome, Response) or outcome.status not in TURNED_AWAY:
            return
        with self._free:
            self._credit = 0
            if not self._deaf:
                self._limit = max(1, self._limit // 2)
                self._deaf = max(1, self._running)
