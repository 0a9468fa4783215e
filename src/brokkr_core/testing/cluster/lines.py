"""A watch in this process, read line by line; another thread may end it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.model.http import Request, Response
from brokkr_core.testing.cluster.fate import ConnectionLost
from brokkr_core.testing.cluster.server import Backend
from brokkr_core.testing.cluster.stream import OpenStream, lines_of

#: How often a waiting watch looks at the cluster's clock, in seconds of real time; changes wake it at once.
_POLL_SECONDS = 0.05


class EmbeddedStream:
    """A ``brokkr_core.kube.transport.Stream``; it is its own iterator.

    Args:
        backend: the cluster's harness.
        watch: what was opened, or the answer that refuses it.
        request: what was asked, for messages.
        timeout_seconds: how long to wait for the next line, in real time; then the stream ends.
    """

    def __init__(
        self, backend: Backend, watch: OpenStream | Response, request: Request, *, timeout_seconds: float
    ) -> None:
        self.status = watch.status if isinstance(watch, Response) else 200
        self.headers: Mapping[str, str] = watch.headers if isinstance(watch, Response) else {}
        self._backend = backend
        self._request = request
        self._closed = threading.Event()
        self._changed = threading.Event()
        self._lock = threading.Lock()
        self._held: OpenStream | None = None
        if isinstance(watch, Response):
            self._lines: Iterator[bytes] = iter([watch.body])
            return
        self._held = watch
        backend.subscribe(self._changed.set)
        self._lines = self._read(watch, timeout_seconds)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._lines)

    def close(self) -> None:
        """End it now."""
        self._closed.set()
        self._changed.set()
        with self._lock:
            watch, self._held = self._held, None
        if watch is not None:
            self._backend.unsubscribe(self._changed.set)
            self._backend.close_stream(watch)

    def _read(self, watch: OpenStream, timeout_seconds: float) -> Iterator[bytes]:
        try:
            with as_unreachable(self._request):
                while not self._closed.is_set():
                    take = partial(self._backend.take, watch)
                    lines, ended = await_lines(take, self._changed, timeout_seconds, self._closed)
                    yield from lines_of(lines)
                    if ended or not lines:
                        return
        finally:
            self.close()


@contextmanager
def as_unreachable(request: Request) -> Iterator[None]:
    """Turn a lost connection into the error that a transport raises."""
    try:
        yield
    except ConnectionLost as lost:
        raise ClusterUnreachableError(f"{request.endpoint}: {lost}", sent=lost.sent) from lost


def await_lines(
    take: Callable[[], tuple[bytes, bool]],
    changed: threading.Event,
    timeout_seconds: float,
    closed: threading.Event | None = None,
) -> tuple[bytes, bool]:
    """Wait for the lines of a watch.

    Args:
        take: returns the lines that are there and whether the watch has ended.
        changed: set whenever there may be more.
        timeout_seconds: how long to wait, in real time.
        closed: set when nobody wants them any more.

    Returns:
        As ``take``; no lines when the time was over.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        changed.clear()
        if closed is not None and closed.is_set():
            return b"", True
        lines, ended = take()
        left = deadline - time.monotonic()
        if lines or ended or left <= 0:
            return lines, ended
        changed.wait(min(left, _POLL_SECONDS))
