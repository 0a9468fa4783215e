"""Keeps each class of requests to its pace, and slows the less important ones down first."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from brokkr_core.broker.bucket import Bucket, Rate
from brokkr_core.broker.traffic import Traffic

#: Far above what an agent needs, far below what hurts a broker. At its lowest pace a heartbeat still goes every 8 s.
RATES: Mapping[Traffic, Rate] = {
    Traffic.HEARTBEAT: Rate(per_second=2.0, burst=10.0),
    Traffic.OUTCOME: Rate(per_second=20.0, burst=100.0),
    Traffic.POLL: Rate(per_second=20.0, burst=50.0),
    Traffic.HEALTH: Rate(per_second=5.0, burst=20.0),
    Traffic.TELEMETRY: Rate(per_second=50.0, burst=200.0),
    Traffic.OTHER: Rate(per_second=1000.0, burst=1000.0),
}


class Limiter:
    """One token bucket a class; safe to use from several threads at once.

    Args:
        rates: the pace of classes that are not to have the one of ``RATES``.
        now: the time, in seconds of the clock that is used from here on.
    """

    def __init__(self, rates: Mapping[Traffic, Rate], now: float) -> None:
        self._lock = threading.Lock()
        self._buckets = {traffic: Bucket.full(rate, now) for traffic, rate in {**RATES, **rates}.items()}

    def reserve(self, traffic: Traffic, now: float, *, latest: float) -> tuple[bool, float]:
        """Ask for a turn.

        Args:
            traffic: the class of the request.
            now: the time.
            latest: a turn after this time is of no use.

        Returns:
            Whether there is a turn in time, and how many seconds from now it is. Without one nothing is taken.
        """
        with self._lock:
            bucket, wait = self._buckets[traffic].reserve(now)
            in_time = now + wait <= latest
            if in_time:
                self._buckets[traffic] = bucket
            return in_time, wait

    def slow_down(self, traffic: Traffic, now: float, retry_after: float = 0.0) -> None:
        """Take in a 429 or 503: halve the pace of that class and of every less important one.

        Args:
            traffic: the class of the request that was answered so.
            now: the time.
            retry_after: for how many seconds the answer asked to be left alone; 0 when it did not say.
        """
        with self._lock:
            for each in traffic.and_below():
                self._buckets[each] = self._buckets[each].slowed(now, retry_after)

    def pace(self, traffic: Traffic) -> float:
        """Return the share of a class's rate that was in use when it was last looked at, from 1/16 to 1."""
        with self._lock:
            return self._buckets[traffic].pace
