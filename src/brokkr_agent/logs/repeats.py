"""The same warning again and again is worth one line now and then, which says how often it came."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

#: So many different warnings are remembered.
MOST_REMEMBERED = 256


class Repeats:
    """Counts equal warnings. Safe for several threads.

    Args:
        clock: a monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = 60.0  #: an equal warning is printed again after this; 0 prints all
        self._clock = clock
        self._lock = threading.RLock()  # a finalizer may log in the thread that holds it
        self._seen: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def admit(self, warning: Hashable) -> int | None:
        """Decide about a warning.

        Args:
            warning: what makes it equal to another.

        Returns:
            How many equal ones were held back before it; None when it is held back itself.
        """
        now = self._clock()
        with self._lock:
            printed, held_back = self._seen.get(warning, (float("-inf"), 0))
            if now - printed < self.seconds:
                self._seen[warning] = (printed, held_back + 1)
                return None
            self._seen[warning] = (now, 0)
            self._seen.move_to_end(warning)
            while len(self._seen) > MOST_REMEMBERED:
                self._seen.popitem(last=False)
        return held_back
