"""How much may be told in a second, by key."""

from __future__ import annotations

import threading

from attrs import frozen

from brokkr_agent.recent import Recent
from brokkr_core.broker.bucket import Rate

#: Keys whose allowance is remembered at once; a key that was forgotten begins with a full one.
MOST_KEYS = 1024


@frozen(kw_only=True)
class _Left:
    amount: float
    at: float


class Allowance:
    """A bucket for each key; what does not fit is left out at once, since telling it late would help nobody.

    Safe for several threads.

    Args:
        rate: how much, in whatever is counted, such as lines or bytes.
        most: so many keys are remembered.
    """

    def __init__(self, rate: Rate, *, most: int = MOST_KEYS) -> None:
        self._rate = rate
        self._left: Recent[str, _Left] = Recent(most)
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
