"""How many repeats there are, and what earns new ones."""

from __future__ import annotations

import pytest

from brokkr_core.broker.budget import Budget, BudgetPolicy
from brokkr_core.errors import UsageError

POLICY = BudgetPolicy(share=0.5, per_second=0.1, most=2.0)


def repeats(budget: Budget, now: float) -> int:
    """Count the repeats that a budget still allows."""
    count = 0
    left = budget.with_repeat(now)
    while left is not None:
        count, left = count + 1, left.with_repeat(now)
    return count


def spent() -> Budget:
    budget = Budget.full(POLICY, 0.0)
    for _ in range(2):
        left = budget.with_repeat(0.0)
        assert left is not None
        budget = left
    return budget


@pytest.mark.parametrize(
    ("calls", "seconds", "allowed"),
    [(0, 0.0, 0), (1, 0.0, 0), (2, 0.0, 1), (4, 0.0, 2), (100, 0.0, 2), (0, 9.9, 0), (0, 10.0, 1), (1, 5.0, 1)],
)
def test_calls_and_time_earn_repeats_up_to_the_most(calls: int, seconds: float, allowed: int) -> None:
    budget = spent()
    for _ in range(calls):
        budget = budget.with_call(seconds)

    assert repeats(budget, seconds) == allowed


def test_a_new_budget_is_full() -> None:
    assert repeats(Budget.full(POLICY, 7.0), 7.0) == 2


def test_a_clock_that_stands_still_earns_nothing() -> None:
    assert repeats(spent().with_call(0.0), 0.0) == 0


def test_a_budget_of_nothing_allows_nothing_ever() -> None:
    nothing = Budget.full(BudgetPolicy(share=0.0, per_second=0.0, most=0.0), 0.0)

    assert nothing.with_call(1e9).with_repeat(2e9) is None


@pytest.mark.parametrize("name", ["share", "per_second", "most"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_policy_refuses_what_cannot_be_meant(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name):
        BudgetPolicy(**{name: value})
