"""Do something soon, once, however often it is asked for meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Later:
    """Calls something a moment after it was asked for, in a thread of its own. Safe for several threads.

    Args:
        seconds: how long that moment is.
        call: what to call; must not raise.
    """

    def __init__(self, seconds: float, call: Callable[[], None]) -> None:
        self._seconds = seconds
        self._call = call
        self._lock = threading.Lock()
        self._asked = False

    def soon(self) -> None:
        """Ask for a call."""
        with self._lock:
            if self._asked:
                return
            self._asked = True
        timer = threading.Timer(self._seconds, self._do)
        timer.daemon = True
        timer.start()

    def _do(self) -> None:
        with self._lock:
            self._asked = False
        self._call()
