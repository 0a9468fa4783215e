"""Talk to a cluster in this process, without a socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.model.http import Request, Response
from brokkr_core.testing.cluster.options import is_true
from brokkr_core.testing.cluster.server import Backend

#: How often a waiting watch looks at the cluster's clock, in seconds of real time; changes wake it at once.
_POLL_SECONDS = 0.05


class EmbeddedTransport:
    """A ``brokkr_core.kube.transport.Transport`` that calls the cluster directly.

    Args:
        backend: the cluster's harness.
        user_agent: sent where a request has none.
    """

    def __init__(self, backend: Backend, *, user_agent: str = "brokkr-testing") -> None:
        self._backend = backend
        self._user_agent = user_agent
        self._closed = False

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send a request and return its answer.

        A watch waits until there is something to tell or its time is over, and answers with what there is then.

        Args:
            request: what to ask.
            timeout_seconds: how long a watch may wait, in real time.

        Raises:
            ClusterUnreachableError: the transport is closed.
        """
        self._check_open(request)
        request = self._signed(request)
        if request.method == "GET" and is_true(request.query, "watch"):
            return self._watch_once(request, timeout_seconds)
        return self._backend.handle(request)

    def stream(self, request: Request, *, timeout_seconds: float) -> Iterator[bytes]:
        """Yield the lines of a watch as they come.

        Args:
            request: a GET with ``watch=true``.
            timeout_seconds: how long to wait for the next line, in real time; then the stream ends.

        Yields:
            One JSON document a line; a refused watch yields its Status as a single line.

        Raises:
            ClusterUnreachableError: the transport is closed.
        """
        self._check_open(request)
        watch = self._backend.open_watch(self._signed(request))
        if isinstance(watch, Response):
            yield watch.body
            return
        changed = threading.Event()
        self._backend.subscribe(changed.set)
        try:
            while True:
                lines, ended = _await_lines(lambda: self._backend.take(watch), changed, timeout_seconds)
                yield from lines.splitlines(keepends=True)
                if ended or not lines:
                    return
        finally:
            self._backend.unsubscribe(changed.set)
            self._backend.close_watch(watch)

    def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _check_open(self, request: Request) -> None:
        if self._closed:
            raise ClusterUnreachableError(f"{request.endpoint}: the transport is closed", sent=False)

    def _signed(self, request: Request) -> Request:
        if "user-agent" in request.headers:
            return request
        headers = {**request.headers, "user-agent": self._user_agent}
        return Request(
            method=request.method, path=request.path, query=request.query, headers=headers, body=request.body
        )

    def _watch_once(self, request: Request, timeout_seconds: float) -> Response:
        watch = self._backend.open_watch(request)
        if isinstance(watch, Response):
            return watch
        changed = threading.Event()
        self._backend.subscribe(changed.set)
        try:
            patience = min(timeout_seconds, watch.timeout_seconds)
            lines, _ = _await_lines(lambda: self._backend.take(watch), changed, patience)
        finally:
            self._backend.unsubscribe(changed.set)
            self._backend.close_watch(watch)
        return Response(status=200, headers={"content-type": "application/json"}, body=lines)


def _await_lines(
    take: Callable[[], tuple[bytes, bool]], changed: threading.Event, timeout_seconds: float
) -> tuple[bytes, bool]:
    deadline = time.monotonic() + timeout_seconds
    while True:
        changed.clear()
        lines, ended = take()
        left = deadline - time.monotonic()
        if lines or ended or left <= 0:
            return lines, ended
        changed.wait(min(left, _POLL_SECONDS))
