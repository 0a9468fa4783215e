"""How long to wait before the next dial: a pure policy and the count it needs."""

from __future__ import annotations

from attrs import evolve, frozen

from brokkr_core.errors import UsageError
from brokkr_core.retry import doubled


@frozen(kw_only=True)
class ReconnectPolicy:
    """How patiently to dial again; there is no last try. Times are in seconds.

    Args:
        base_seconds: the longest wait after the first failure; doubled after each further one.
        cap_seconds: the longest wait, unless the other side asked for more.
        stable_seconds: a line that was up for so long counts as a success; one that was up for less does not, so
            that a broker which lets everybody in and drops everybody is not dialled without end.
        refused_seconds: the longest wait after the PAK was refused and there is no other; the shortest is half of
            it. The source is asked again before each dial (contract 19, rule 19).
        asked_cap_seconds: the longest wait that ``Retry-After`` can ask for.

    Raises:
        UsageError: a number is out of range.
    """

    base_seconds: float = 1.0
    cap_seconds: float = 60.0
    stable_seconds: float = 30.0
    refused_seconds: float = 60.0
    asked_cap_seconds: float = 600.0

    def __attrs_post_init__(self) -> None:
        for name in ("base_seconds", "cap_seconds", "stable_seconds", "refused_seconds", "asked_cap_seconds"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise UsageError(f"ReconnectPolicy.{name} is {value}; it has to be 0 or more, and finite")

    def delay(self, failures: int, random_value: float, retry_after: float | None = None) -> float:
        """Choose how long to wait after a failure: exponential with full jitter.

        Args:
            failures: failures in a row, this one included.
            random_value: a number from 0 to 1.
            retry_after: seconds the other side asked to wait, or None; the jitter comes on top.

        Returns:
            Seconds to wait.
        """
        ceiling = doubled(self.base_seconds, times=max(failures, 1) - 1, most=self.cap_seconds)
        return min(retry_after or 0.0, self.asked_cap_seconds) + random_value * ceiling

    def refused_delay(self, random_value: float) -> float:
        """Choose how long to wait after the PAK was refused.

        Args:
            random_value: a number from 0 to 1.

        Returns:
            Seconds to wait, at least half of ``refused_seconds``.
        """
        return self.refused_seconds * (0.5 + random_value / 2)


@frozen(kw_only=True)
class Ended:
    """How one try to hold a line came to its end.

    Args:
        up_seconds: how long the line was up; 0 when it never was.
        refused: whether the PAK was refused, and the source has no other.
        retry_after: seconds the other side asked to wait, or None.
    """

    up_seconds: float = 0.0
    refused: bool = False
    retry_after: float | None = None


@frozen(kw_only=True)
class Streak:
    """Failures in a row."""

    failures: int = 0

    def after(self, ended: Ended, policy: ReconnectPolicy) -> Streak:
        """Count one more end.

        Args:
            ended: how it ended.
            policy: says what a success is.

        Returns:
            The streak from now on; a stable line leaves one failure, its own end.
        """
        stable = ended.up_seconds >= policy.stable_seconds and ended.up_seconds > 0
        return evolve(self, failures=1 if stable else self.failures + 1)

    def wait(self, ended: Ended, policy: ReconnectPolicy, random_value: float) -> float:
        """Choose how long to wait, this end counted.

        Args:
            ended: how it ended.
            policy: how patiently to dial.
            random_value: a number from 0 to 1.

        Returns:
            Seconds to wait.
        """
        if ended.refused:
            return max(policy.refused_delay(random_value), policy.delay(1, 0.0, ended.retry_after))
        return policy.delay(self.failures, random_value, ended.retry_after)
