"""What goes wrong with WebSockets, by plan: for the next one that is dialled, or for those that are open."""

from __future__ import annotations

import threading
from collections import deque

from attrs import frozen

from brokkr_core.model.http import Response


@frozen(kw_only=True)
class LineFault:
    """What is wrong with one WebSocket; without anything it is a good one.

    Args:
        refuse: answer the upgrade with this instead, before anybody looks at the PAK.
        half_open: let it in, and then neither read, nor answer pings, nor send: as a line whose other end lost power.
        close_with: let it in, and close it with this code and reason.
        drop_pushes: swallow whatever would be pushed, without a word.
        delay_seconds: wait so long before each push.
    """

    refuse: Response | None = None
    half_open: bool = False
    close_with: tuple[int, str] | None = None
    drop_pushes: bool = False
    delay_seconds: float = 0.0


GOOD = LineFault()


class LinePlan:
    """Which fault each WebSocket to come has, in the order of the dials; when it is used up, all are good.

    Safe for several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: deque[LineFault] = deque()
        self._always = GOOD

    def add(self, *faults: LineFault) -> None:
        """Put faults behind those that are planned, one for each dial."""
        with self._lock:
            self._coming.extend(faults)

    def always(self, fault: LineFault = GOOD) -> None:
        """Give every dial that no other fault is planned for this one, until told otherwise."""
        with self._lock:
            self._always = fault

    def next(self) -> LineFault:
        """Return the fault of the dial that has just come."""
        with self._lock:
            return self._coming.popleft() if self._coming else self._always
