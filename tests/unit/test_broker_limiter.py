"""Each class has its pace; "slow down" is heard, the less important first, and forgotten bit by bit."""

from __future__ import annotations

import pytest

from brokkr_core.broker.bucket import LONGEST_SHUT_SECONDS, LOWEST_PACE, RECOVERY_SECONDS, Bucket, Rate
from brokkr_core.broker.limiter import RATES, Limiter
from brokkr_core.broker.traffic import Traffic, traffic_of
from brokkr_core.errors import UsageError

RATE = Rate(per_second=2.0, burst=3.0)


def waits(bucket: Bucket, now: float, count: int) -> list[float]:
    found = []
    for _ in range(count):
        bucket, wait = bucket.reserve(now)
        found.append(round(wait, 6))
    return found


def test_a_burst_goes_at_once_and_the_rest_at_the_rate_in_order() -> None:
    assert waits(Bucket.full(RATE, 0.0), 0.0, 6) == [0.0, 0.0, 0.0, 0.5, 1.0, 1.5]


def test_time_fills_the_bucket_up_to_the_burst() -> None:
    bucket = Bucket.full(RATE, 0.0)
    for _ in range(3):
        bucket, _ = bucket.reserve(0.0)

    assert waits(bucket, 0.5, 2) == [0.0, 0.5]
    assert waits(bucket, 1000.0, 4) == [0.0, 0.0, 0.0, 0.5]


def test_slow_down_halves_the_pace_and_spends_what_was_saved() -> None:
    assert waits(Bucket.full(RATE, 0.0).slowed(0.0, 0.0), 0.0, 2) == pytest.approx([1.0, 2.0], rel=0.05)


def test_retry_after_shuts_and_what_was_waiting_does_not_burst_afterwards() -> None:
    assert waits(Bucket.full(RATE, 0.0).slowed(0.0, 10.0), 0.0, 2) == pytest.approx([11.0, 12.0], rel=0.01)
    assert waits(Bucket.full(RATE, 0.0).slowed(0.0, 10.0), 9.0, 1) == pytest.approx([2.0], rel=0.01)


def test_a_retry_after_of_a_day_shuts_for_a_minute() -> None:
    (wait,) = waits(Bucket.full(RATE, 0.0).slowed(0.0, 86400.0), 0.0, 1)

    assert wait == pytest.approx(LONGEST_SHUT_SECONDS + 1.0, rel=0.01)


def test_answers_of_one_moment_are_one_slow_down() -> None:
    bucket = Bucket.full(RATE, 0.0)
    for _ in range(8):
        bucket = bucket.slowed(0.5, 0.0)
    assert bucket.pace == 0.5

    assert bucket.slowed(2.0, 0.0).pace == pytest.approx(0.25, rel=0.1)


def test_there_is_always_some_pace_left() -> None:
    bucket = Bucket.full(RATE, 0.0)
    for second in range(0, 100, 2):
        bucket = bucket.slowed(float(second), 0.0)

    assert bucket.pace == pytest.approx(LOWEST_PACE, rel=0.01)


@pytest.mark.parametrize(("share", "pace"), [(0.0, 0.5), (0.25, 0.75), (0.5, 1.0), (5.0, 1.0)])
def test_the_pace_recovers_in_proportion_to_time(share: float, pace: float) -> None:
    bucket, _ = Bucket.full(RATE, 0.0).slowed(0.0, 0.0).reserve(share * RECOVERY_SECONDS)

    assert bucket.pace == pytest.approx(pace)


def test_a_turn_that_comes_too_late_takes_nothing() -> None:
    limiter = Limiter({Traffic.POLL: Rate(per_second=1.0, burst=1.0)}, 0.0)

    assert limiter.reserve(Traffic.POLL, 0.0, latest=0.5) == (True, 0.0)
    assert [limiter.reserve(Traffic.POLL, 0.0, latest=0.5) for _ in range(3)] == [(False, 1.0)] * 3
    assert limiter.reserve(Traffic.POLL, 0.0, latest=1.0) == (True, 1.0)


def test_lanes_do_not_take_from_each_other() -> None:
    limiter = Limiter({}, 0.0)
    for _ in range(10_000):
        limiter.reserve(Traffic.POLL, 0.0, latest=1e9)

    assert limiter.reserve(Traffic.HEARTBEAT, 0.0, latest=0.0) == (True, 0.0)
    assert limiter.reserve(Traffic.OUTCOME, 0.0, latest=0.0) == (True, 0.0)


@pytest.mark.parametrize("told", list(Traffic))
def test_slow_down_is_for_that_lane_and_the_less_important_ones(told: Traffic) -> None:
    limiter = Limiter({}, 0.0)
    limiter.slow_down(told, 0.0)
    at = list(Traffic).index(told)

    assert [limiter.pace(each) for each in Traffic] == [1.0] * at + [0.5] * (len(Traffic) - at)


def test_heartbeats_and_outcomes_go_before_everything_else() -> None:
    assert [traffic.value for traffic in Traffic] == ["heartbeat", "outcome", "poll", "health", "telemetry", "other"]


def test_a_heartbeat_every_ten_seconds_fits_into_the_lowest_pace() -> None:
    assert RATES[Traffic.HEARTBEAT].per_second * LOWEST_PACE >= 1 / 10


@pytest.mark.parametrize(
    ("method", "path", "traffic"),
    [
        ("POST", "/api/v1/agents/a/heartbeat", Traffic.HEARTBEAT),
        ("POST", "/api/v1/agents/a/events", Traffic.OUTCOME),
        ("POST", "/api/v1/work-orders/w/complete", Traffic.OUTCOME),
        ("POST", "/api/v1/diagnostics/d/result", Traffic.OUTCOME),
        ("POST", "/api/v1/webhook-deliveries/d/result", Traffic.OUTCOME),
        ("GET", "/api/v1/agents/a/target-state", Traffic.POLL),
        ("GET", "/api/v1/agents/a/stacks", Traffic.POLL),
        ("GET", "/api/v1/agents/a/webhooks/pending", Traffic.POLL),
        ("GET", "/api/v1/agents/a/work-orders/pending", Traffic.POLL),
        ("POST", "/api/v1/work-orders/w/claim", Traffic.POLL),
        ("PATCH", "/api/v1/agents/a/health-status", Traffic.HEALTH),
        ("GET", "/api/v1/agents/a/events", Traffic.OTHER),
        ("GET", "/api/v1/agents/", Traffic.OTHER),
        ("POST", "/api/v1/stacks", Traffic.OTHER),
        ("POST", "/api/v1/agents/a/b/heartbeat", Traffic.OTHER),
        ("GET", "/readyz", None),
    ],
)
def test_the_lane_is_read_from_method_and_path(method: str, path: str, traffic: Traffic | None) -> None:
    assert traffic_of(method, path) is traffic


@pytest.mark.parametrize(("per_second", "burst"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.5), (float("inf"), 1.0)])
def test_a_rate_refuses_what_cannot_be_meant(per_second: float, burst: float) -> None:
    with pytest.raises(UsageError, match="Rate"):
        Rate(per_second=per_second, burst=burst)
