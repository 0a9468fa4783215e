"""What a line to the broker is, whoever makes it: the edge between the channel and the WebSocket library."""

from __future__ import annotations

from typing import Protocol

from brokkr_core.broker.credentials import Pak
from brokkr_core.errors import BrokkrError


class LineEndedError(Exception):
    """A line could not be had, or is gone; never leaves the channel.

    Args:
        error: why, for everybody outside.
        refused: whether the PAK was the reason.
        retry_after: seconds the other side asked to wait, or None.
    """

    def __init__(self, error: BrokkrError, *, refused: bool = False, retry_after: float | None = None) -> None:
        self.error = error
        self.refused = refused
        self.retry_after = retry_after
        super().__init__(str(error))


class Line(Protocol):
    """One open connection. Received and sent on by two threads; ``abort`` may come from any."""

    def receive(self, timeout_seconds: float) -> str | bytes | None:
        """Wait for a frame.

        Args:
            timeout_seconds: how long.

        Returns:
            A text or a binary frame, or None when nothing came in time.

        Raises:
            LineEndedError: the line is gone.
        """

    def send(self, text: str) -> None:
        """Send a text frame; blocks while the other side does not read.

        Raises:
            LineEndedError: the line is gone.
        """

    def abort(self) -> None:
        """Cut the line at once; whoever waits in ``receive`` or ``send`` is woken."""

    def close(self) -> None:
        """Say goodbye and cut the line; takes a bounded time, and never raises."""


class Dial(Protocol):
    """Makes lines."""

    def __call__(self, pak: Pak) -> Line:
        """Open a line.

        Args:
            pak: whose line it is.

        Returns:
            The line, accepted by the broker.

        Raises:
            LineEndedError: there is none.
        """
