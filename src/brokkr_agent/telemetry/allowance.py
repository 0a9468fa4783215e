"""How much may be told in a second, by key, and how much was left out because it was more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from attrs import evolve, frozen

from brokkr_agent.telemetry.later import Later
from brokkr_agent.telemetry.recent import Recent
from brokkr_core.model.stream import GapReason, LogGap

#: Keys whose allowance is remembered at once; a key that was forgotten begins with a full one.
MOST_KEYS = 1024

#: At most so often gaps are told.
GAP_SECONDS = 1.0


@frozen(kw_only=True)
class Rate:
    """How much may be told.

    Args:
        per_second: in the long run.
        burst: at once, after a quiet time.
    """

    per_second: float
    burst: float


@frozen(kw_only=True)
class _Left:
    amount: float
    at: float


class Allowance:
    """A bucket for each key; what does not fit is left out at once, since telling it late would help nobody.

    Safe for several threads, and so are omissions.

    Args:
        rate: how much, in whatever is counted, such as lines or bytes.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left: Recent[str, _Left] = Recent(MOST_KEYS)
        self._lock = threading.Lock()

    def take(self, key: str, amount: float, now: float) -> bool:
        """Take from what is left for a key.

        Args:
            key: whose.
            amount: how much; more than a burst counts as a burst, or it could never be told.
            now: seconds of a clock that never goes back.

        Returns:
            Whether it was left. If not, nothing was taken.
        """
        with self._lock:
            known = self._left.get(key, now) or _Left(amount=self._rate.burst, at=now)
            grown = known.amount + max(0.0, now - known.at) * self._rate.per_second
            left = min(self._rate.burst, grown)
            amount = min(amount, self._rate.burst)
            enough = left >= amount
            self._left.put(key, _Left(amount=left - amount if enough else left, at=now), now)
        return enough


class Omissions:
    """Counts what was left out of each stack, and tells it a moment later: a flood must not become a flood of gaps.

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
