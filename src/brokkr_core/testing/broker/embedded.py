"""A broker to run inside a test or a demonstration: core, lock and HTTP server in one hand."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import uuid4

from aiohttp import web

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker.core import Broker
from brokkr_core.testing.broker.front import LockedFront, LoggedRequest
from brokkr_core.testing.broker.live.desk import LoggedFrame
from brokkr_core.testing.broker.live.faults import LinePlan
from brokkr_core.testing.broker.live.locked import LockedDesk
from brokkr_core.testing.broker.live.sockets import Socket, Sockets
from brokkr_core.testing.broker.server import application
from brokkr_core.testing.broker.settings import Settings
from brokkr_core.testing.broker.sources import Sources
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.serving import ThreadedServer


def real_sources() -> Sources:
    """Return the machine's clock, random ids and random tokens; webhooks are posted over HTTP."""
    return Sources(now=lambda: datetime.now(UTC), new_id=lambda: str(uuid4()), new_bytes=os.urandom, post=None)


class EmbeddedBroker:
    """A fake broker with an address. Safe for several threads; its data outlives a stop.

    Args:
        state: the database; without one the broker starts empty.
        sources: time, ids and tokens; without them those of the machine.
        settings: what an operator can set.
        host: address to listen on.
        port: port to listen on; 0 picks a free one, which later starts keep.
        tls: serve https with this context.
        keep: takes the database after every request, before its answer leaves; such as ``Snapshot.save``.
    """

    def __init__(
        self,
        *,
        state: State | None = None,
        sources: Sources | None = None,
        settings: Settings | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        keep: Callable[[State], None] | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._broker = Broker(state=state, sources=sources or real_sources(), settings=settings)
        self._front = LockedFront(lambda: self._broker, self._lock, keep)
        #: What goes wrong with WebSockets to come.
        self.line_plan = LinePlan()
        self._sockets = Sockets()
        self._server = ThreadedServer(self._application, host=host, port=port, tls=tls)

    @property
    def url(self) -> str:
        """The root URL, without a trailing slash; its port is known after the first start."""
        return self._server.url

    @property
    def running(self) -> bool:
        """Whether the broker listens."""
        return self._server.running

    @property
    def admin_pak(self) -> str:
        """The PAK of the admin role."""
        return self._broker.admin_pak

    @property
    def readonly_pak(self) -> str:
        """The console's PAK, another one after every restart."""
        return self._broker.readonly_pak

    @property
    def state(self) -> State:
        """The database; hand it to another broker to go on with the same data."""
        return self._broker.state

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """What was answered so far, oldest first, in process and over HTTP."""
        with self._lock:
            return tuple(self._front.log)

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        with self._lock:
            self._front.log.clear()

    def handle(self, request: Request) -> Response:
        """Answer one request in process, whether the server runs or not."""
        answer = self._front.begin(request)
        return answer if isinstance(answer, Response) else asyncio.run(self._front.finish(request, answer))

    @property
    def sockets(self) -> tuple[Socket, ...]:
        """The WebSockets that are open, oldest first; each can be ill-treated."""
        return self._sockets.all()

    @property
    def connected(self) -> tuple[str, ...]:
        """The agents that have a WebSocket."""
        with self._lock:
            return self._broker.live.board.agents

    @property
    def frames(self) -> tuple[LoggedFrame, ...]:
        """What agents said over WebSockets since the start, oldest first, and what became of it."""
        with self._lock:
            return tuple(self._broker.live.frames)

    def _application(self) -> web.Application:
        desk = LockedDesk(lambda: self._broker, self._lock)
        seconds = self._broker.settings.webhook_delivery_interval_seconds
        return application(self._front, desk, self.line_plan, self._sockets, post_seconds=seconds)

    def start(self) -> None:
        """Listen; return when the socket is open.

        Raises:
            OSError: the address cannot be had.
        """
        self._server.start()

    def stop(self) -> None:
        """Stop as a killed process does: connections are cut, the cache is lost, the data is kept."""
        self._server.stop()
        with self._lock:
            self._broker = self._broker.replica()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
