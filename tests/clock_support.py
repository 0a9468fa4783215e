"""A clock for tests of waiting: nothing sleeps, and every nap is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import define, field


@define
class ObedientClock:
    """A clock that moves only when somebody sleeps on it."""

    seconds: float = 0.0
    naps: list[float] = field(factory=list)
    stop_after: int | None = None

    def __call__(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 8, 2, 10, 0, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> bool:
        self.naps.append(seconds)
        self.seconds += seconds
        return self.stop_after is not None and len(self.naps) >= self.stop_after
