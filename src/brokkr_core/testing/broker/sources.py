"""Where time, ids and chance come from: passed in, so that the core has no clock and no dice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import responses as phrases
from uuid import UUID

from attrs import field, frozen


@frozen(kw_only=True)
class Post:
    """A webhook delivery that the broker makes itself."""

    url: str = field(repr=False)
    auth_header: str | None = field(repr=False)
    event_type: str
    delivery_id: str
    payload: str = field(repr=False)
    timeout_seconds: int


@frozen(kw_only=True)
class Receipt:
    """What a receiver said to a delivery.

    Args:
        status: of its answer, or None when there was none.
        text: the body of its answer, or why there was none.
    """

    status: int | None
    text: str = field(default="", repr=False)

    @property
    def good(self) -> bool:
        """Whether the delivery was taken."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def problem(self) -> str:
        """What the broker remembers of it when it is not good."""
        if self.status is None:
            return f"Request failed: {self.text}"
        return f"HTTP {self.status} {phrases.get(self.status, '<unknown status code>')}: {self.text}"


def unreachable(_post: Post) -> Receipt:
    """Answer for receivers that nobody can reach."""
    return Receipt(status=None, text="nobody is there")


@frozen(kw_only=True)
class Sources:
    """What the broker cannot know by itself.

    Args:
        now: the time, aware, UTC.
        new_id: a UUID nobody has seen, lower case with hyphens.
        new_bytes: that many bytes for a new PAK.
        post: delivers a webhook; None leaves that to whoever gives the broker an address.
    """

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_bytes: Callable[[int], bytes]
    post: Callable[[Post], Receipt] | None = unreachable


class ManualClock:
    """A clock that moves only when told to.

    Args:
        start: the first reading.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """Return the time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock; backwards, too, as a clock jump would."""
        self._now += timedelta(seconds=seconds)


class SeededIds:
    """The same ids and bytes in the same order for the same seed.

    Args:
        seed: what the row starts from.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._count = 0

    def new_bytes(self, length: int) -> bytes:
        """Return the next bytes of the row."""
        self._count += 1
        return hashlib.shake_256(f"{self._seed}/{self._count}".encode()).digest(length)

    def new_id(self) -> str:
        """Return the next UUID of the row."""
        return str(UUID(bytes=self.new_bytes(16), version=4))


def deterministic(seed: int = 0, clock: Callable[[], datetime] | None = None) -> Sources:
    """Make sources that give the same answers in every run.

    Args:
        seed: what ids and tokens start from.
        clock: the time; without one it stands still at the start of 2026.

    Returns:
        Sources for one broker, or for several that share one state.
    """
    ids = SeededIds(seed)
    return Sources(now=clock or ManualClock(), new_id=ids.new_id, new_bytes=ids.new_bytes)
