"""A retry budget as a value: how many repeats all calls together may make, so that they spare a sick broker.

When everything fails, five tries a call would make five times the load; a budget keeps it at 1.2 times.
"""

from __future__ import annotations

from attrs import evolve, frozen

from brokkr_core.errors import UsageError


@frozen(kw_only=True)
class BudgetPolicy:
    """How many repeats there are.

    Args:
        share: repeats that each call adds, such as one for every five calls.
        per_second: repeats that time adds, so that a client that asks little may repeat as well.
        most: what can be saved up, and what there is at the start.

    Raises:
        UsageError: a number is out of range.
    """

    share: float = 0.2
    per_second: float = 0.2
    most: float = 20.0

    def __attrs_post_init__(self) -> None:
        for name in ("share", "per_second", "most"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise UsageError(f"BudgetPolicy.{name} is {value}; it has to be 0 or more, and finite")


@frozen(kw_only=True)
class Budget:
    """The repeats that are left. Times are seconds of a clock that never goes back."""

    policy: BudgetPolicy
    left: float
    at: float  #: when ``left`` was true

    @classmethod
    def full(cls, policy: BudgetPolicy, now: float) -> Budget:
        """Make a budget that nothing was taken from yet."""
        return cls(policy=policy, left=policy.most, at=now)

    def with_call(self, now: float) -> Budget:
        """Return the budget after a new call has begun."""
        here = self._moved_to(now)
        return evolve(here, left=min(self.policy.most, here.left + self.policy.share))

    def with_repeat(self, now: float) -> Budget | None:
        """Return the budget after a repeat, or None when there is none left."""
        here = self._moved_to(now)
        return evolve(here, left=here.left - 1.0) if here.left >= 1.0 else None

    def _moved_to(self, now: float) -> Budget:
        earned = self.policy.per_second * max(0.0, now - self.at)
        return evolve(self, left=min(self.policy.most, self.left + earned), at=max(self.at, now))
