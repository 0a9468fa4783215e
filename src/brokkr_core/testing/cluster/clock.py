"""Time that moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from brokkr_core.model.http import Response

START = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until it is moved.

    Args:
        start: what it shows at first; must have a time zone.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """Return what the clock shows."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward.

        Args:
            seconds: how far; never negative.

        Raises:
            ValueError: time would run backwards.
        """
        if seconds < 0:
            raise ValueError(f"time cannot run backwards: {seconds} s")
        self._now += timedelta(seconds=seconds)


@lru_cache(maxsize=64)
def rfc3339(moment: datetime) -> str:
    """Write a moment as Kubernetes does, in whole seconds and UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> datetime:
    """Read a moment that Kubernetes wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def dated(response: Response, moment: datetime) -> Response:
    """Put the time of the cluster on an answer, as every HTTP server does with its own (RFC 9110 6.6.1)."""
    headers = {**response.headers, "date": _http_date(moment)}
    return Response(status=response.status, headers=headers, body=response.body)


@lru_cache(maxsize=64)
def _http_date(moment: datetime) -> str:
    """Many answers are given at one moment, since time moves in steps."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
