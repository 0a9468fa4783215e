"""Keeps events from becoming a flood, as client-go's correlator does: the same again is counted, and each object has
few to spend.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TypeAlias

from attrs import evolve, frozen

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


@frozen(kw_only=True)
class _Bucket:
    left: float
    at: datetime


class Correlator:
    """Decides what becomes of an event; no clock of its own."""

    def __init__(self) -> None:
        self._series: OrderedDict[Key, Series] = OrderedDict()
        self._buckets: OrderedDict[Key, _Bucket] = OrderedDict()

    def admit(self, about: Key, key: Key, now: datetime) -> Series | None:
        """Take in an event.

        Args:
            about: the object it is about.
            key: everything that makes it the same as another.
            now: the time.

        Returns:
            It as it is to be told; None when its object has spent what it had.
        """
        if not self._spend(about, now):
            return None
        known = self._series.pop(key, None)
        again = known is not None and now - known.last < timedelta(seconds=SAME_SECONDS)
        series = evolve(known, last=now, count=known.count + 1) if known and again else Series(first=now, last=now)
        self._series[key] = series
        _forget_the_oldest(self._series)
        return series

    def _spend(self, about: Key, now: datetime) -> bool:
        known = self._buckets.pop(about, _Bucket(left=BURST, at=now))
        left = min(BURST, known.left + max(0.0, (now - known.at).total_seconds()) / REFILL_SECONDS)
        self._buckets[about] = _Bucket(left=left - 1 if left >= 1 else left, at=now)
        _forget_the_oldest(self._buckets)
        return left >= 1


def _forget_the_oldest(kept: OrderedDict[Key, Series] | OrderedDict[Key, _Bucket]) -> None:
    while len(kept) > MOST_REMEMBERED:
        kept.popitem(last=False)
