"""How much is told, and how much is remembered: by given clocks."""

from __future__ import annotations

from datetime import UTC, datetime

from broker_support import OTHER, STACK
from brokkr_agent.allowance import Allowance
from brokkr_agent.recent import Recent
from brokkr_agent.telemetry.omissions import Omissions
from brokkr_core.broker.bucket import Rate
from brokkr_core.model.stream import GapReason, LogGap
from stage_support import wait_for

NOW = datetime(2026, 8, 2, 10, 5, tzinfo=UTC)


def test_a_burst_and_then_so_much_in_a_second_for_each_key() -> None:
    allowance = Allowance(Rate(per_second=2.0, burst=3.0))

    assert [allowance.take("a", 1.0, 0.0) for _ in range(4)] == [True, True, True, False]
    assert allowance.take("b", 3.0, 0.0)
    assert [allowance.take("a", 1.0, 1.0) for _ in range(3)] == [True, True, False]
    assert [allowance.take("a", 1.0, 1000.0) for _ in range(4)] == [True, True, True, False]


def test_what_is_more_than_a_burst_takes_all_of_it_and_is_told_all_the_same() -> None:
    allowance = Allowance(Rate(per_second=1.0, burst=10.0))

    assert [allowance.take("a", 1e9, now) for now in (0.0, 9.0, 10.0)] == [True, False, True]


def test_omissions_are_counted_by_stack_and_reason_and_told_once_a_moment_later() -> None:
    told: list[LogGap] = []
    omissions = Omissions(told.append, seconds=0.05)
    for stack, reason in ((STACK, GapReason.RATE_LIMIT), (STACK, GapReason.RATE_LIMIT), (OTHER, GapReason.BUFFER_FULL)):
        omissions.note(stack, NOW, reason)
    wait_for(lambda: len(told) == 2, "both gaps")

    assert told[0] == LogGap(stack_id=STACK, since_ts=NOW, dropped_count=2, reason=GapReason.RATE_LIMIT)
    assert told[1].stack_id == OTHER
    omissions.note(STACK, NOW)
    omissions.tell()
    omissions.tell()
    assert [one.dropped_count for one in told] == [2, 1, 1]


def test_the_one_that_was_not_used_for_longest_is_forgotten_and_what_is_too_old_counts_no_more() -> None:
    recent: Recent[str, int] = Recent(2, seconds=10.0)
    recent.put("a", 1, 0.0)
    recent.put("b", 2, 0.0)
    assert recent.get("a", 1.0) == 1
    recent.put("c", 3, 1.0)

    assert (recent.get("b", 1.0), recent.get("a", 10.0), len(recent)) == (None, 1, 2)
    assert (recent.get("a", 10.5), len(recent)) == (None, 1)
