"""Ends what takes too long as a whole, although each of its steps is quick enough."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: The thread ends when there has been nothing to watch for so long.
LINGER_SECONDS = 5.0


class Watchdog:
    """Calls something when a time has come, unless it was called off; one thread for all, and none while idle."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[int, tuple[float, Callable[[], None]]] = {}
        self._next = 0
        self._running = False
        self._wakes = 0.0

    def arm(self, seconds: float, bark: Callable[[], None]) -> int:
        """Watch something.

        Args:
            seconds: how long it may take from now on.
            bark: called after that, in another thread and with everything held up meanwhile: it must be quick.

        Returns:
            What to call it off with.
        """
        with self._changed:
            self._next += 1
            end = time.monotonic() + seconds
            self._due[self._next] = (end, bark)
            if not self._running:
                self._running, self._wakes = True, end
                threading.Thread(target=self._watch, name="broker-watchdog", daemon=True).start()
            elif end < self._wakes:
                # Otherwise the thread is left asleep: being woken for every request would cost more than the request.
                self._changed.notify()
            return self._next

    def call_off(self, number: int) -> None:
        """Stop watching; after this nothing is called any more."""
        with self._changed:
            self._due.pop(number, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for number in [number for number, (end, _) in self._due.items() if end <= now]:
                    self._due.pop(number)[1]()
                idle = not self._due
                self._wakes = min((end for end, _ in self._due.values()), default=now + LINGER_SECONDS)
                self._changed.wait(self._wakes - now)
                if idle and not self._due:
                    self._running = False
                    return
