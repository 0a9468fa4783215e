"""When a request may be sent again, and how long to wait before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from broker_support import down, empty
from brokkr_core.errors import BrokerUnreachableError, StoppedError, UsageError
from brokkr_core.model.http import Response
from brokkr_core.retry import Repeat, RetryPolicy, call_with_retry, retry_after_seconds
from clock_support import ObedientClock

NOW = datetime(2026, 8, 2, 10, 0, 0, tzinfo=UTC)
PATIENT = RetryPolicy(attempts=4, base_seconds=1.0, cap_seconds=3.0, deadline_seconds=1000.0)


def script(*steps: Response | BrokerUnreachableError) -> Callable[[], Response]:
    remaining = list(steps)

    def operation() -> Response:
        step = remaining.pop(0)
        if isinstance(step, BrokerUnreachableError):
            raise step
        return step

    return operation


def run(
    operation: Callable[[], Response],
    *,
    repeat: Repeat = Repeat.SAFE,
    policy: RetryPolicy = PATIENT,
    clock: ObedientClock | None = None,
) -> Response:
    time = clock or ObedientClock()
    return call_with_retry(policy, operation, repeat=repeat, clock=time, sleep=time.sleep, random=lambda: 1.0)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_safe_request_is_repeated_after_passing_trouble(status: int) -> None:
    assert run(script(empty(status), empty(204))).status == 204


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 409, 413, 422, 501, 505])
def test_no_request_is_repeated_after_a_settled_no(status: int) -> None:
    assert run(script(empty(status), empty(204))).status == status


@pytest.mark.parametrize("sent", [True, False])
def test_a_safe_request_is_repeated_whatever_became_of_the_last_one(sent: bool) -> None:
    assert run(script(down(sent=sent), empty(204))).status == 204


def test_a_once_request_is_repeated_when_it_never_left() -> None:
    assert run(script(down(sent=False), empty(201)), repeat=Repeat.UNSENT_ONLY).status == 201


@pytest.mark.parametrize("status", [425, 429])
def test_a_once_request_is_repeated_when_it_was_turned_away(status: int) -> None:
    assert run(script(empty(status), empty(201)), repeat=Repeat.UNSENT_ONLY).status == 201


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_once_request_is_not_repeated_when_it_may_have_arrived(status: int) -> None:
    assert run(script(empty(status), empty(201)), repeat=Repeat.UNSENT_ONLY).status == status


def test_a_once_request_is_not_repeated_when_its_answer_was_lost() -> None:
    with pytest.raises(BrokerUnreachableError) as caught:
        run(script(down(sent=True), empty(201)), repeat=Repeat.UNSENT_ONLY)
    assert caught.value.sent


@pytest.mark.parametrize("step", [empty(503), empty(429)])
def test_a_never_request_is_not_repeated(step: Response) -> None:
    assert run(script(step, empty(200)), repeat=Repeat.NEVER) is step


def test_waits_double_up_to_the_cap() -> None:
    clock = ObedientClock()
    run(script(*[empty(503)] * 4), clock=clock)
    assert clock.naps == [1.0, 2.0, 3.0]


def test_the_last_answer_is_given_when_tries_run_out() -> None:
    assert run(script(*[empty(503)] * 3, empty(502))).status == 502


def test_giving_up_says_how_often_it_was_tried() -> None:
    with pytest.raises(BrokerUnreachableError, match="the line is down; gave up after 4 tries"):
        run(script(*[down(sent=False)] * 4))


@pytest.mark.parametrize(
    ("first", "sent"),
    [(down(sent=True), True), (down(sent=False), False), (empty(504), True), (empty(429), False)],
)
def test_the_final_error_knows_whether_any_try_may_have_arrived(
    first: Response | BrokerUnreachableError, sent: bool
) -> None:
    with pytest.raises(BrokerUnreachableError) as caught:
        run(script(first, *[down(sent=False)] * 3))
    assert caught.value.sent is sent


def test_no_try_starts_after_the_deadline() -> None:
    clock = ObedientClock()
    policy = RetryPolicy(attempts=100, base_seconds=4.0, cap_seconds=4.0, deadline_seconds=10.0)
    assert run(script(*[empty(503)] * 3), policy=policy, clock=clock).status == 503
    assert clock.seconds == 8.0


def test_a_longer_wait_than_the_deadline_is_not_begun() -> None:
    clock = ObedientClock()
    asked = Response(status=503, headers={"Retry-After": "3600"})
    assert run(script(asked), clock=clock) is asked
    assert clock.naps == []


def test_retry_after_is_obeyed_with_jitter_on_top() -> None:
    clock = ObedientClock()
    run(script(Response(status=429, headers={"retry-after": "7"}), empty(200)), clock=clock)
    assert clock.naps == [8.0]


def test_a_stop_ends_the_wait() -> None:
    clock = ObedientClock(stop_after=1)
    with pytest.raises(StoppedError):
        run(script(empty(503), empty(200)), clock=clock)
    assert len(clock.naps) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Sun, 02 Aug 2026 10:01:30 GMT", 90.0),
        ("Sun, 02 Aug 2026 09:00:00 GMT", 0.0),
        ("Sunday, 02-Aug-26 10:01:30 GMT", 90.0),
        ("Sun Aug  2 10:01:30 2026", 90.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Sun, 99 Aug 2026 10:01:30 GMT", None),
    ],
)
def test_both_forms_of_retry_after_are_read(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


def test_an_absurd_retry_after_is_a_long_wait_and_no_crash() -> None:
    seconds = retry_after_seconds("9" * 5000, NOW)
    assert seconds is not None
    assert seconds > 10**9


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"base_seconds": -1.0},
        {"cap_seconds": float("nan")},
        {"deadline_seconds": float("inf")},
    ],
)
def test_a_policy_refuses_nonsense(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        RetryPolicy(**wrong)  # type: ignore[arg-type]  # a float for attempts is part of the nonsense
