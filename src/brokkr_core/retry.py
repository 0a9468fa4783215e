"""When a request may be sent again, and how long to wait before: a pure policy and the loop around it.

Three kinds of request (contract section 16):

- ``SAFE``: carrying it out twice is the same as once, so any passing trouble is a reason to repeat it.
- ``UNSENT_ONLY``: carrying it out twice does harm (a second event, a second PAK), so it is repeated only when the
  other side certainly never saw it: no connection, or turned away unread with 425 or 429.
- ``NEVER``: whoever asks decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Protocol, TypeAlias

from attrs import frozen

from brokkr_core.errors import NetworkError, StoppedError, UsageError
from brokkr_core.model.http import Response


class Repeat(Enum):
    """Whether a request may be sent again when its outcome is bad or unknown."""

    SAFE = "safe"
    UNSENT_ONLY = "unsent only"
    NEVER = "never"


#: What one attempt ended with.
Outcome: TypeAlias = Response | NetworkError

#: Trouble that passes (contract section 16).
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

#: Turned away unread: RFC 8470 section 5.2, RFC 6585 section 4.
TURNED_AWAY = frozenset({425, 429})


@frozen(kw_only=True)
class RetryPolicy:
    """How often and how patiently to repeat.

    Args:
        attempts: tries in all, the first included.
        base_seconds: the longest wait before the second try; doubled before each later one.
        cap_seconds: the longest wait between two tries, unless the other side asked for more.
        deadline_seconds: no try starts later than this after the first one.

    Raises:
        UsageError: a number is out of range.
    """

    attempts: int = 5
    base_seconds: float = 0.5
    cap_seconds: float = 15.0
    deadline_seconds: float = 60.0

    def __attrs_post_init__(self) -> None:
        if self.attempts < 1:
            raise UsageError(f"RetryPolicy.attempts is {self.attempts}; it counts the first try, so 1 or more")
        for name in ("base_seconds", "cap_seconds", "deadline_seconds"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise UsageError(f"RetryPolicy.{name} is {value}; it has to be 0 or more, and finite")

    def delay(self, attempt: int, retry_after: float | None, random_value: float) -> float:
        """Choose how long to wait after a failed try: exponential with full jitter.

        Args:
            attempt: number of the try that failed, from 1.
            retry_after: seconds the other side asked to wait, or None. The jitter comes on top, so that
                not all clients are back in the same moment.
            random_value: a number from 0 to 1.

        Returns:
            Seconds to wait.
        """
        ceiling = doubled(self.base_seconds, times=attempt - 1, most=self.cap_seconds)
        return (retry_after or 0.0) + random_value * ceiling

    def may_repeat(self, outcome: Outcome, repeat: Repeat, attempt: int) -> bool:
        """Decide whether another try is allowed.

        Args:
            outcome: what the try ended with.
            repeat: what kind of request it is.
            attempt: number of the try, from 1.

        Returns:
            Whether the request may be sent again.
        """
        if attempt >= self.attempts or repeat is Repeat.NEVER:
            return False
        if isinstance(outcome, NetworkError):
            return repeat is Repeat.SAFE or not outcome.sent
        return outcome.status in (PASSING if repeat is Repeat.SAFE else TURNED_AWAY)


def doubled(seconds: float, *, times: int, most: float) -> float:
    """Double a wait again and again.

    Args:
        seconds: the wait to begin with.
        times: how often it is doubled, from 0.
        most: no wait is longer, in seconds.

    Returns:
        The wait, in seconds.
    """
    # The exponent is bounded because a float overflows at 2**1024.
    return min(most, seconds * 2.0 ** min(times, 64))


def retry_after_seconds(text: str | None, now: datetime) -> float | None:
    """Read a ``Retry-After`` header in either form: seconds, or an HTTP date (RFC 9110 section 10.2.3).

    Args:
        text: the header, or None when there is none.
        now: the time the date is compared with, with time zone.

    Returns:
        Seconds to wait, never negative; None when there is no header or it cannot be read.
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        date = parsedate_to_datetime(text)
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds())
    except (ValueError, OverflowError):
        return None


class Clock(Protocol):
    """Where the time comes from."""

    def monotonic(self) -> float:
        """Return seconds that only ever go forward."""

    def now(self) -> datetime:
        """Return the time of day, with time zone."""


@frozen(kw_only=True)
class SystemClock:
    """The time of this machine."""

    def monotonic(self) -> float:
        """Return seconds that only ever go forward."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)


def may_have_arrived(outcome: Outcome) -> bool:
    """Tell whether a try that did not succeed may have been carried out all the same.

    Args:
        outcome: what the try ended with.

    Returns:
        False only when the other side certainly never read the request.
    """
    if isinstance(outcome, NetworkError):
        return outcome.sent
    return outcome.status not in TURNED_AWAY


def call_with_retry(
    policy: RetryPolicy,
    operation: Callable[[], Response],
    *,
    repeat: Repeat,
    clock: Clock,
    sleep: Callable[[float], bool | None],
    random: Callable[[], float],
    on_repeat: Callable[[Outcome], None] = lambda _outcome: None,
    permit: Callable[[Outcome, float], bool] = lambda _outcome, _wait: True,
) -> Response:
    """Carry out an operation, again if that is allowed and promising.

    Args:
        policy: how often and how patiently.
        operation: one try; raises NetworkError when there is no answer. Any other error ends the call at once.
        repeat: what kind of request it is.
        clock: for the deadline and for dates in ``Retry-After``.
        sleep: waits so many seconds; a true result means that a stop was asked for (``Event.wait`` fits).
        random: gives numbers from 0 to 1.
        on_repeat: hears of every outcome after which another try is meant to follow, before the wait.
        permit: asked last whether another try may follow an outcome, after so many seconds; no ends the call.

    Returns:
        The last answer, good or bad.

    Raises:
        NetworkError: the last try got no answer; of the type that ``operation`` raised.
        StoppedError: a stop was asked for while waiting.
    """
    started = clock.monotonic()
    attempt = 1
    maybe_done = False
    while True:
        outcome = _attempt(operation)
        maybe_done = maybe_done or may_have_arrived(outcome)
        if not policy.may_repeat(outcome, repeat, attempt):
            return _settled(outcome, attempt, maybe_done)
        wait = policy.delay(attempt, _asked_to_wait(outcome, clock), random())
        if clock.monotonic() - started + wait > policy.deadline_seconds or not permit(outcome, wait):
            return _settled(outcome, attempt, maybe_done)
        on_repeat(outcome)
        if sleep(wait):
            raise StoppedError("a stop was asked for while waiting to try again")
        attempt += 1


def _attempt(operation: Callable[[], Response]) -> Outcome:
    try:
        return operation()
    except NetworkError as error:
        return error


def _asked_to_wait(outcome: Outcome, clock: Clock) -> float | None:
    if isinstance(outcome, NetworkError):
        return None
    return retry_after_seconds(outcome.headers.get("retry-after"), clock.now())


def _settled(outcome: Outcome, attempts: int, maybe_done: bool) -> Response:
    """Hand out the last outcome; ``sent`` of the error speaks for all tries, not only for the last."""
    if not isinstance(outcome, NetworkError):
        return outcome
    if attempts == 1:
        raise outcome
    raise outcome.after(attempts, sent=maybe_done) from outcome
