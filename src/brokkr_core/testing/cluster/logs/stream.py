"""A log as the bytes that go over the wire, at once or as it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from brokkr_core.testing.cluster.logs.book import Line, Run
from brokkr_core.testing.cluster.logs.options import LogOptions


def stamp(at: datetime) -> str:
    """Write a time with nine digits of fraction, as a kubelet does (``RFC3339NanoFixed``)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def _begin(lines: list[Line], options: LogOptions) -> int:
    """Return the index of the first line of the tail that is asked for; what is older than asked comes off later."""
    if options.tail_lines is None:
        return 0
    return max(0, len(lines) - options.tail_lines)


class OpenLog:
    """A log that somebody reads from; it ends with its run, or when everything that was asked for is told.

    Args:
        run: what is read.
        options: what of it.
        now: the cluster's time.
        alive: tells whether the pod is still there.
    """

    content_type = "text/plain"  #: a kubelet streams text and says no more about it
    timeout_seconds = float("inf")

    def __init__(self, run: Run, options: LogOptions, now: datetime, alive: Callable[[], bool]) -> None:
        self.opened_at = now
        self._run = run
        self._options = options
        self._alive = alive
        self._next = _begin(run.lines, options)
        self._left = options.limit_bytes
        seconds = options.since_seconds
        self._since = options.since_time if seconds is None else now - timedelta(seconds=seconds)

    def take(self) -> bytes:
        """Return what can be sent; empty when nothing was written."""
        lines = self._run.lines[self._next :]
        self._next += len(lines)
        text = b"".join(self._written(lines))
        if self._left is not None:
            text = text[: self._left]
            self._left -= len(text)
        return text

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        over = self._run.ended or not self._options.follow or not self._alive()
        return self._left == 0 or (over and self._next >= len(self._run.lines))

    def close(self) -> None:
        """Stop reading; nobody waits for it."""

    def _written(self, lines: Iterable[Line]) -> Iterable[bytes]:
        for line in lines:
            if self._since is None or line.at >= self._since:
                head = stamp(line.at).encode() + b" " if self._options.timestamps else b""
                yield head + line.text + b"\n"
