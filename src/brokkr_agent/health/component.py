"""Whether something the agent depends on works, as a value."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from brokkr_agent.vitals import SHOWN


@frozen(kw_only=True)
class Component:
    """What is known about one thing the agent depends on.

    Args:
        up: whether it works; None as long as nobody has asked it.
        since: when ``up`` was last something else.
        last_success: when it last did what it was asked for.
        last_error: what was wrong the last time something was; kept when it works again.
        seconds: how long its last good answer took.
    """

    up: bool | None = None
    since: datetime | None = None
    last_success: datetime | None = None
    last_error: str = ""
    seconds: float | None = None

    def works(self, now: datetime, seconds: float | None = None) -> Component:
        """Take in a good answer, and how long it took if that is known."""
        since = self.since if self.up is True else now
        return evolve(self, up=True, since=since, last_success=now, seconds=seconds)

    def fails(self, now: datetime, error: str) -> Component:
        """Take in that it did not do what it was asked for."""
        since = self.since if self.up is False else now
        return evolve(self, up=False, since=since, last_error=error[:SHOWN])
