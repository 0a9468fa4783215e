"""A cluster on a real socket: it listens, its time follows the wall clock, and it can die and come back."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable

from brokkr_core.testing.cluster.server import Backend, build_server
from brokkr_core.testing.serving import ThreadedServer

#: How often the cluster's time follows the wall clock while it is served, in seconds.
_TICK_SECONDS = 0.05


class Listener:
    """Serves a backend over HTTP on loopback.

    Args:
        backend: who answers.
        advance: moves the cluster's time forward by so many seconds.
        tls: serve https with this context.
    """

    def __init__(self, backend: Backend, advance: Callable[[float], None], tls: ssl.SSLContext | None) -> None:
        self._backend = backend
        self._advance = advance
        self._tls = tls
        self._server: ThreadedServer | None = None
        self._ticker: Ticker | None = None
        self._undertaker: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The root URL, without a trailing slash.

        Raises:
            RuntimeError: nothing is served.
        """
        if self._server is None:
            raise RuntimeError("the cluster is not served: call serve() first")
        return self._server.url

    def start(self, port: int) -> None:
        """Listen, unless it does already, and let time follow the wall clock from now on.

        Args:
            port: where; 0 picks a free port.

        Raises:
            OSError: the port cannot be had.
        """
        if self._server is not None:
            return
        server = ThreadedServer(lambda: build_server(self._backend), port=port, tls=self._tls)
        server.start()
        self._server = server
        self._ticker = Ticker(self._advance)
        self._ticker.start()

    def die(self) -> None:
        """Begin to stop listening; from another thread, because the server cannot wait for itself."""
        if self._server is not None:
            self._undertaker = threading.Thread(target=self._server.stop, name="cluster-undertaker")
            self._undertaker.start()

    def wait_until_dead(self) -> None:
        """Wait until connections are refused."""
        if self._undertaker is not None:
            self._undertaker.join()
            self._undertaker = None

    def revive(self) -> None:
        """Listen again on the same port."""
        self.wait_until_dead()
        if self._server is not None:
            self._server.start()

    def stop(self) -> None:
        """Stop for good."""
        self.wait_until_dead()
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None
        if self._server is not None:
            self._server.stop()
            self._server = None


class Ticker(threading.Thread):
    """Moves a cluster's time with the wall clock.

    Args:
        advance: moves it forward by so many seconds.
    """

    def __init__(self, advance: Callable[[float], None]) -> None:
        super().__init__(name="cluster-clock", daemon=True)
        self._advance = advance
        self._stopping = threading.Event()

    def run(self) -> None:
        """Move it until somebody stops this."""
        last = time.monotonic()
        while not self._stopping.wait(_TICK_SECONDS):
            now = time.monotonic()
            self._advance(now - last)
            last = now

    def stop(self) -> None:
        """Let it stand still, and wait until it does."""
        self._stopping.set()
        self.join()
