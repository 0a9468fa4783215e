"""What time it is on the cluster, as its answers tell it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from brokkr_core.retry import Clock


class ServerTime:
    """The cluster's clock: objects carry its times, and this machine's clock may be wrong.

    Args:
        clock: this machine's time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard = ""
        self._ahead = timedelta(0)

    def hear(self, headers: Mapping[str, str]) -> None:
        """Learn from the ``Date`` of an answer (RFC 9110 6.6.1); it has whole seconds, which is enough for a grace."""
        text = headers.get("date", "")
        if not text or text == self._heard:
            return
        try:
            told = parsedate_to_datetime(text)
        except ValueError:
            return
        self._heard = text
        self._ahead = (told if told.tzinfo else told.replace(tzinfo=UTC)) - self._clock.now()

    def now(self) -> datetime:
        """Return the cluster's time as far as it is known, and this machine's otherwise."""
        return self._clock.now() + self._ahead
