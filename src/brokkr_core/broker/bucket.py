"""A token bucket as a value: how much may be sent, how much less after a "slow down", and how it recovers."""

from __future__ import annotations

from math import sqrt

from attrs import evolve, frozen

from brokkr_core.errors import UsageError

#: However often the broker says "slow down", this share of the rate is left.
LOWEST_PACE = 1 / 16

#: From nothing to the full pace; from one half it takes half of it.
RECOVERY_SECONDS = 60.0

#: Answers to requests that were under way together are one "slow down", not many.
SAME_MOMENT_SECONDS = 1.0

#: A longer ``Retry-After`` shuts the bucket for this long only; a wrong date must not silence an agent for a day.
LONGEST_SHUT_SECONDS = 60.0


@frozen(kw_only=True)
class Rate:
    """How fast something may go, such as a class of requests.

    Args:
        per_second: so much in a second, in the long run.
        burst: so much at once after a quiet time.

    Raises:
        UsageError: a number is out of range.
    """

    per_second: float
    burst: float

    def __attrs_post_init__(self) -> None:
        if not (0 < self.per_second < float("inf") and 1 <= self.burst < float("inf")):
            problem = f"Rate(per_second={self.per_second}, burst={self.burst})"
            raise UsageError(f"{problem}: per_second has to be more than 0, burst 1 or more, and both finite")


@frozen(kw_only=True)
class Bucket:
    """What is left to send. Times are seconds of a clock that never goes back.

    Requests are let through by reservation: each takes a token at once, and waits for as long as the token is not
    there yet, so that they go in the order in which they came.
    """

    rate: Rate
    tokens: float
    at: float  #: when ``tokens`` and ``pace`` were true
    pace: float = 1.0  #: the share of the rate that is used
    shut_until: float = float("-inf")
    slowed_at: float = float("-inf")

    @classmethod
    def full(cls, rate: Rate, now: float) -> Bucket:
        """Make a bucket that nothing was taken from yet."""
        return cls(rate=rate, tokens=rate.burst, at=now)

    def reserve(self, now: float) -> tuple[Bucket, float]:
        """Take one token.

        Args:
            now: the time.

        Returns:
            The bucket without it, and how many seconds to wait before the request may go.
        """
        here = self._moved_to(now)
        shut = max(0.0, here.shut_until - now)
        missing = max(0.0, 1.0 - here.tokens)
        return evolve(here, tokens=here.tokens - 1.0), shut + _time_for(missing / here.rate.per_second, here.pace)

    def slowed(self, now: float, retry_after: float) -> Bucket:
        """Take in that the broker, or a proxy in front of it, asked to slow down.

        Args:
            now: the time.
            retry_after: for how many seconds it asked to be left alone; 0 when it did not say.

        Returns:
            The bucket at half its pace, what was saved up spent, and shut for as long as was asked.
        """
        here = self._moved_to(now)
        shut = max(here.shut_until, now + min(retry_after, LONGEST_SHUT_SECONDS))
        if now - here.slowed_at < SAME_MOMENT_SECONDS:
            return evolve(here, shut_until=shut)
        pace = max(LOWEST_PACE, here.pace / 2)
        return evolve(here, pace=pace, tokens=min(here.tokens, 0.0), shut_until=shut, slowed_at=now)

    def _moved_to(self, now: float) -> Bucket:
        """Fill up and recover for the time since; while shut neither goes on."""
        elapsed = max(0.0, now - max(self.at, min(now, self.shut_until)))
        return evolve(
            self,
            tokens=min(self.rate.burst, self.tokens + self.rate.per_second * _paced(elapsed, self.pace)),
            pace=min(1.0, self.pace + elapsed / RECOVERY_SECONDS),
            at=max(self.at, now),
        )


def _paced(seconds: float, pace: float) -> float:
    """Return how many seconds at full pace so many seconds of recovery are worth."""
    recovering = min(seconds, (1.0 - pace) * RECOVERY_SECONDS)
    return pace * recovering + recovering**2 / (2 * RECOVERY_SECONDS) + (seconds - recovering)


def _time_for(paced: float, pace: float) -> float:
    """Return how many seconds of recovery are worth so many seconds at full pace: the inverse of ``_paced``.

    Exact, because a wait that is too long would let the next request, which finds a better pace, go first.
    """
    until_full = (1.0 - pace) * RECOVERY_SECONDS
    beyond = paced - _paced(until_full, pace)
    if beyond >= 0:
        return until_full + beyond
    return RECOVERY_SECONDS * (sqrt(pace**2 + 2 * paced / RECOVERY_SECONDS) - pace)
