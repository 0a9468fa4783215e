"""How many lines were logged, by level and component: words of closed sets only."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

from brokkr_agent.logs.levels import COMPONENTS, FOREIGN

#: Of a library that nobody expected.
OTHER = "other"

_KNOWN = frozenset((*COMPONENTS, *FOREIGN))


class Tally:
    """Counts lines. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a finalizer may log in the thread that holds it
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, level: str, component: str) -> None:
        """Count one line."""
        top = component.partition(".")[0]
        with self._lock:
            self._counts[level, top if top in _KNOWN else OTHER] += 1

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return the counts by level and component."""
        with self._lock:
            return dict(sorted(self._counts.items()))
