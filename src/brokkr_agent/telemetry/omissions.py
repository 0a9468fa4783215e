"""How much was left out because it was more than may be told, and when that is said."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from attrs import evolve

from brokkr_agent.telemetry.later import Later
from brokkr_core.model.stream import GapReason, LogGap

#: At most so often gaps are told.
GAP_SECONDS = 1.0


class Omissions:
    """Counts what was left out of each stack, and tells it a moment later: a flood must not become a flood of gaps.

    Safe for several threads.

    Args:
        tell: says a gap to the broker.
        seconds: how long that moment is.
    """

    def __init__(self, tell: Callable[[LogGap], object], *, seconds: float = GAP_SECONDS) -> None:
        self._tell = tell
        self._gaps: dict[tuple[str, GapReason], LogGap] = {}
        self._lock = threading.Lock()
        self._later = Later(seconds, self.tell)

    def note(self, stack_id: str, now: datetime, reason: GapReason = GapReason.RATE_LIMIT) -> None:
        """Count one that was left out."""
        fresh = LogGap(stack_id=stack_id, since_ts=now, dropped_count=0, reason=reason)
        with self._lock:
            known = self._gaps.get((stack_id, reason), fresh)
            self._gaps[stack_id, reason] = evolve(known, dropped_count=known.dropped_count + 1)
        self._later.soon()

    def tell(self) -> None:
        """Tell everything now, and begin anew."""
        with self._lock:
            gaps, self._gaps = tuple(self._gaps.values()), {}
        for gap in gaps:
            self._tell(gap)
