"""Talk to a cluster in this process, without a socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.model.http import Request, Response
from brokkr_core.testing.cluster.fate import ConnectionLost, Fate
from brokkr_core.testing.cluster.lines import EmbeddedStream, as_unreachable, await_lines
from brokkr_core.testing.cluster.server import Backend
from brokkr_core.testing.cluster.stream import OpenStream, is_stream


class EmbeddedTransport:
    """A ``brokkr_core.kube.transport.Transport`` that calls the cluster directly.

    Args:
        backend: the cluster's harness.
        user_agent: sent where a request has none.
        token: the bearer token to send; empty sends none.
    """

    def __init__(self, backend: Backend, *, user_agent: str = "brokkr-testing", token: str = "") -> None:
        self._backend = backend
        self._added = {"user-agent": user_agent}
        if token:
            self._added["authorization"] = f"Bearer {token}"
        self._closed = False

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send a request and return its answer.

        A watch waits until there is something to tell or its time is over, and answers with what there is then.

        Args:
            request: what to ask.
            timeout_seconds: how long a watch may wait, in real time.

        Raises:
            ClusterUnreachableError: the transport is closed, or the fault plan loses the connection.
        """
        self._check_open(request)
        request = self._signed(request)
        try:
            fate = self._awaited(request, timeout_seconds)
            if is_stream(request):
                return self._watch_once(request, fate, timeout_seconds)
            response = self._backend.handle(request, fate)
        except ConnectionLost as lost:
            raise ClusterUnreachableError(f"{request.endpoint}: {lost}", sent=lost.sent) from lost
        if fate.delay_seconds > timeout_seconds:
            raise ClusterUnreachableError(f"{request.endpoint}: no answer within {timeout_seconds:g} s", sent=True)
        return response

    def _awaited(self, request: Request, timeout_seconds: float) -> Fate:
        fate = self._backend.fate_of(request)
        if fate.delay_seconds:
            time.sleep(min(fate.delay_seconds, timeout_seconds))
        return fate

    def stream(self, request: Request, *, timeout_seconds: float) -> EmbeddedStream:
        """Open a watch and hand out its lines as they come.

        Args:
            request: a GET with ``watch=true``.
            timeout_seconds: how long to wait for the next line, in real time; then the stream ends.

        Returns:
            One JSON document a line; a refused watch has its Status as a single line.

        Raises:
            ClusterUnreachableError: the transport is closed, or the fault plan loses the connection.
        """
        self._check_open(request)
        request = self._signed(request)
        with as_unreachable(request):
            watch = self._backend.open_stream(request, self._awaited(request, timeout_seconds))
        return EmbeddedStream(self._backend, watch, request, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _check_open(self, request: Request) -> None:
        if self._closed:
            raise ClusterUnreachableError(f"{request.endpoint}: the transport is closed", sent=False)

    def _signed(self, request: Request) -> Request:
        if self._added.keys() <= request.headers.keys():
            return request
        headers = {**self._added, **request.headers}
        return Request(
            method=request.method, path=request.path, query=request.query, headers=headers, body=request.body
        )

    def _watch_once(self, request: Request, fate: Fate, timeout_seconds: float) -> Response:
        watch = self._backend.open_stream(request, fate)
        if isinstance(watch, Response):
            return watch
        with self._listening(watch) as changed:
            patience = min(timeout_seconds, watch.timeout_seconds)
            lines, _ = await_lines(lambda: self._backend.take(watch), changed, patience)
        return Response(status=200, headers={"content-type": watch.content_type}, body=lines)

    @contextmanager
    def _listening(self, watch: OpenStream) -> Iterator[threading.Event]:
        changed = threading.Event()
        self._backend.subscribe(changed.set)
        try:
            yield changed
        finally:
            self._backend.unsubscribe(changed.set)
            self._backend.close_stream(watch)
