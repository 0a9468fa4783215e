"""Patience has bounds, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.model.http import Response
from brokkr_core.retry import Repeat, RetryPolicy, call_with_retry, retry_after_seconds
from clock_support import ObedientClock

SECONDS = st.floats(0.0, 1000.0)
POLICIES = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 20),
    base_seconds=SECONDS,
    cap_seconds=SECONDS,
    deadline_seconds=SECONDS,
)
STATUSES = st.sampled_from([200, 204, 400, 401, 404, 409, 425, 429, 500, 502, 503, 504])
RETRY_AFTER = st.none() | st.integers(0, 100).map(str) | st.text(max_size=20)
ANSWERS = st.builds(
    lambda status, after: Response(status=status, headers={} if after is None else {"retry-after": after}),
    STATUSES,
    RETRY_AFTER,
)
LINES = st.booleans().map(lambda sent: BrokerUnreachableError("down", sent=sent))
NOW = datetime(2026, 8, 2, tzinfo=UTC)


@given(policy=POLICIES, attempt=st.integers(1, 10**6), after=st.none() | SECONDS, dice=st.floats(0.0, 1.0))
def test_a_wait_is_at_least_what_was_asked_and_at_most_the_cap_on_top(
    policy: RetryPolicy, attempt: int, after: float | None, dice: float
) -> None:
    asked = after or 0.0
    assert asked <= policy.delay(attempt, after, dice) <= asked + policy.cap_seconds


@given(policy=POLICIES, outcomes=st.lists(ANSWERS | LINES, min_size=20, max_size=20), repeat=st.sampled_from(Repeat))
def test_tries_and_time_are_bounded_and_harm_is_never_repeated(
    policy: RetryPolicy, outcomes: list[Response | BrokerUnreachableError], repeat: Repeat
) -> None:
    clock = ObedientClock()
    tried: list[Response | BrokerUnreachableError] = []

    def operation() -> Response:
        tried.append(outcomes[len(tried)])
        if isinstance(tried[-1], BrokerUnreachableError):
            raise tried[-1]
        return tried[-1]

    end = ended(
        lambda: call_with_retry(policy, operation, repeat=repeat, clock=clock, sleep=clock.sleep, random=lambda: 0.5)
    )
    if isinstance(end, BrokerUnreachableError):
        assert end.sent is any(may_have_arrived(outcome) for outcome in tried)
    else:
        assert end is tried[-1]
    assert 1 <= len(tried) <= policy.attempts
    assert clock.seconds <= policy.deadline_seconds
    if repeat is not Repeat.SAFE:
        assert not any(may_have_arrived(outcome) for outcome in tried[:-1])
    if repeat is Repeat.NEVER:
        assert len(tried) == 1


def ended(call: Callable[[], Response]) -> Response | BrokerUnreachableError:
    try:
        return call()
    except BrokerUnreachableError as error:
        return error


def may_have_arrived(outcome: Response | BrokerUnreachableError) -> bool:
    if isinstance(outcome, BrokerUnreachableError):
        return outcome.sent
    return outcome.status not in {425, 429}


@given(text=st.text() | st.from_regex(r"[A-Za-z]{3}, [0-9]{2} [A-Za-z]{3} [0-9]{4} [0-9:]{8} [A-Z+-]{1,5}[0-9]{0,6}"))
def test_any_retry_after_is_a_wait_or_none(text: str) -> None:
    seconds = retry_after_seconds(text, NOW)
    assert seconds is None or seconds >= 0.0
