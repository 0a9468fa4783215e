"""A cluster to use in tests: the core, a lock around it, its time, and if wanted a real HTTP server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.clock import START, ManualClock
from brokkr_core.testing.cluster.cluster import Cluster
from brokkr_core.testing.cluster.kubeconfig import kubeconfig
from brokkr_core.testing.cluster.requests import LoggedRequest, RequestLog
from brokkr_core.testing.cluster.server import build_application
from brokkr_core.testing.cluster.settings import Settings
from brokkr_core.testing.cluster.stream import OpenWatch
from brokkr_core.testing.cluster.transport import EmbeddedTransport
from brokkr_core.testing.serving import ThreadedServer

#: How often the cluster's time follows the wall clock while it is served, in seconds.
_TICK_SECONDS = 0.05


class EmbeddedCluster:
    """A cluster that several threads may use. A context manager.

    In process its time stands still until ``advance`` is called; while it is served, its time follows the wall clock.

    Args:
        settings: how the cluster behaves.
        start: what its clock shows at first.
    """

    def __init__(self, settings: Settings | None = None, *, start: datetime = START) -> None:
        self._clock = ManualClock(start)
        self.cluster = Cluster(settings=settings, clock=self._clock)
        self.requests = RequestLog()
        self._lock = threading.RLock()
        self._wakers: list[Callable[[], None]] = []
        self._server: ThreadedServer | None = None
        self._ticker: _Ticker | None = None

    @property
    def url(self) -> str:
        """The root URL of the served cluster, without a trailing slash.

        Raises:
            RuntimeError: it is not served.
        """
        if self._server is None:
            raise RuntimeError("the cluster is not served: call serve() first")
        return self._server.url

    def transport(self, *, user_agent: str = "brokkr-testing") -> EmbeddedTransport:
        """Return a transport that calls the cluster in this process.

        Args:
            user_agent: names the manager of writes that name none.
        """
        return EmbeddedTransport(self, user_agent=user_agent)

    def serve(self, port: int = 0) -> str:
        """Serve over HTTP on loopback, and let time follow the wall clock from now on.

        Args:
            port: where to listen; 0 picks a free port.

        Returns:
            The root URL.
        """
        if self._server is None:
            self._server = ThreadedServer(lambda: build_application(self), port=port)
            self._server.start()
            self._ticker = _Ticker(self.advance)
            self._ticker.start()
        return self._server.url

    def kubeconfig(self) -> JsonObject:
        """Return a kubeconfig for the served cluster."""
        return kubeconfig(self.url)

    def write_kubeconfig(self, path: Path) -> Path:
        """Write the kubeconfig to a file and return its path."""
        path.write_text(yaml.safe_dump(self.kubeconfig(), sort_keys=False))
        path.chmod(0o600)
        return path

    def advance(self, seconds: float) -> None:
        """Move the cluster's time forward, firing what becomes due on the way at its own time.

        Args:
            seconds: how far.
        """
        with self._lock:
            left = seconds
            while (due := self.cluster.next_due()) is not None:
                step = max(0.0, (due - self._clock()).total_seconds())
                if step > left:
                    break
                self._clock.advance(step)
                left -= step
                self.cluster.tick()
            self._clock.advance(left)
        self._wake()

    def tick(self) -> None:
        """Let due timers fire without moving time."""
        self.advance(0.0)

    def close(self) -> None:
        """Stop serving."""
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        with self._lock:
            response = self.cluster.handle(request)
            self._note(request, response.status)
        self._wake()
        return response

    def open_watch(self, request: Request) -> OpenWatch | Response:
        """Open a watch."""
        with self._lock:
            watch = self.cluster.open_watch(request)
            self._note(request, watch.status if isinstance(watch, Response) else 200)
        return watch

    def take(self, watch: OpenWatch) -> tuple[bytes, bool]:
        """Return the lines of a watch that are ready and whether it has ended."""
        with self._lock:
            return watch.take(), watch.ended

    def close_watch(self, watch: OpenWatch) -> None:
        """Close a watch."""
        with self._lock:
            watch.close()

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call back after every request and every move of time."""
        with self._lock:
            self._wakers.append(wake)

    def unsubscribe(self, wake: Callable[[], None]) -> None:
        """Stop calling back."""
        with self._lock:
            self._wakers.remove(wake)

    def _note(self, request: Request, status: int) -> None:
        self.requests.add(
            LoggedRequest(method=request.method, path=request.path, query=dict(request.query), status=status)
        )

    def _wake(self) -> None:
        for wake in list(self._wakers):
            wake()


class _Ticker(threading.Thread):
    """Moves a cluster's time with the wall clock."""

    def __init__(self, advance: Callable[[float], None]) -> None:
        super().__init__(name="cluster-clock", daemon=True)
        self._advance = advance
        self._stopping = threading.Event()

    def run(self) -> None:
        last = time.monotonic()
        while not self._stopping.wait(_TICK_SECONDS):
            now = time.monotonic()
            self._advance(now - last)
            last = now

    def stop(self) -> None:
        self._stopping.set()
        self.join()
