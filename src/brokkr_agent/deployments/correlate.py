"""Keeps events from becoming a flood, as client-go's correlator does: the same again is counted, and each object has
few to spend.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TypeAlias

from attrs import evolve, frozen

from brokkr_agent.allowance import Allowance
from brokkr_agent.recent import Recent
from brokkr_core.broker.bucket import Rate

#: client-go's numbers: so many at once for an object, and one more after so many seconds.
BURST = 25
REFILL_SECONDS = 300.0
#: The same that comes later than this is told as a new one; the API server keeps events for an hour.
SAME_SECONDS = 600.0
#: So many objects, and so many different events, are remembered.
MOST_REMEMBERED = 4096

Key: TypeAlias = "tuple[str, ...]"


@frozen(kw_only=True)
class Series:
    """One event that has been told once or more.

    Args:
        first: when first.
        last: when last.
        count: how often.
    """

    first: datetime
    last: datetime
    count: int = 1

    def suffix(self, key: Key) -> str:
        """Return what makes the name of its object unique: the same as long as it is counted on."""
        return hashlib.sha256("\0".join([*key, self.first.isoformat()]).encode()).hexdigest()[:16]


class Correlator:
    """Decides what becomes of an event; no clock of its own."""

    def __init__(self) -> None:
        self._series: Recent[Key, Series] = Recent(MOST_REMEMBERED, SAME_SECONDS)
        self._allowance = Allowance(Rate(per_second=1 / REFILL_SECONDS, burst=BURST), most=MOST_REMEMBERED)

    def admit(self, about: Key, key: Key, now: datetime) -> Series | None:
        """Take in an event.

        Args:
            about: the object it is about.
            key: everything that makes it the same as another.
            now: the time.

        Returns:
            It as it is to be told; None when its object has spent what it had.
        """
        at = now.timestamp()
        if not self._allowance.take("\0".join(about), 1.0, at):
            return None
        known = self._series.get(key, at)
        series = evolve(known, last=now, count=known.count + 1) if known else Series(first=now, last=now)
        self._series.put(key, series, at)
        return series
