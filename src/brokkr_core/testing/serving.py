"""A real HTTP server on loopback, in a thread of its own, around any aiohttp application or server."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web


class ThreadedServer:
    """Serve an aiohttp application or server from a background thread.

    Args:
        build: makes the application, or the bare server that needs no router; called inside the server's own event
            loop, once per start.
        host: address to listen on; anything but loopback is the caller's risk.
        port: port to listen on; 0 picks a free one, which later starts keep.
        tls: serve https with this context.
        start_timeout_seconds: how long a start may take.
    """

    def __init__(
        self,
        build: Callable[[], web.Application | web.Server],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        start_timeout_seconds: float = 10.0,
    ) -> None:
        self._build = build
        self._host = host
        self.port = port
        self._tls = tls
        self._start_timeout = start_timeout_seconds
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """The root URL, without a trailing slash."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether the server is listening."""
        return self._thread is not None

    def start(self) -> None:
        """Listen; return when the socket is open.

        Raises:
            OSError: the address cannot be had.
        """
        if self._thread is not None:
            return
        ready = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._run, args=(ready,), name=f"serve-{self.port}", daemon=True)
        self._thread.start()
        if not ready.wait(self._start_timeout):
            raise TimeoutError(f"no server on {self._host}:{self.port} after {self._start_timeout} s")
        if self._failure is not None:
            self._thread.join()
            self._thread = None
            raise self._failure

    def stop(self) -> None:
        """Stop listening and cut every open connection, as a killed process would."""
        thread, loop, stop = self._thread, self._loop, self._stop
        if thread is None or loop is None or stop is None:
            return
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            self._failure = error
            ready.set()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        runner = _runner(self._build())
        await runner.setup()
        try:
            listener = self._listen()
            await web.SockSite(runner, listener, ssl_context=self._tls).start()
            self.port = runner.addresses[0][1]
            ready.set()
            await self._stop.wait()
            # asyncio loses a connection that it accepted in the very turn in which the listener is closed: the
            # socket stays open, a warning follows. So first no more are accepted, then the accepted come up.
            self._loop.remove_reader(listener.fileno())
            for _ in range(5):
                await asyncio.sleep(0)
            _cut(runner)
        finally:
            await runner.cleanup()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        return socket.create_server((self._host, self.port), family=family, backlog=128)


def _runner(served: web.Application | web.Server) -> web.BaseRunner:
    # Not 0: aiohttp takes that for no limit, and a handler that never answers would keep stop() for ever.
    patience = 0.01
    if isinstance(served, web.Application):
        return web.AppRunner(served, access_log=None, shutdown_timeout=patience, handle_signals=False)
    return web.ServerRunner(served, shutdown_timeout=patience, handle_signals=False)


def _cut(runner: web.BaseRunner) -> None:
    """Drop every connection, unsent bytes included: waiting for a peer to read them would outlive the loop."""
    connections = runner.server.connections if runner.server is not None else []
    for connection in connections:
        if connection.transport is not None:
            connection.transport.abort()
