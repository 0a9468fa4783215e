"""The WebSockets of a broker process for the threads of a server."""

from __future__ import annotations

import threading
from collections.abc import Callable

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker.core import Broker
from brokkr_core.testing.broker.live.wires import Wire


class LockedDesk:
    """Looks into the broker under a lock.

    A server that is stopped has another process behind it when it starts again; what is left of the older one's
    WebSockets finds no seat there and changes nothing.

    Args:
        broker: returns the process of now.
        lock: held for every look.
    """

    def __init__(self, broker: Callable[[], Broker], lock: threading.Lock) -> None:
        self._broker = broker
        self._lock = lock

    def open(self, request: Request) -> Wire | Response:
        """Answer a request for an upgrade."""
        with self._lock:
            return self._broker().live.open(request)

    def receive(self, wire: Wire, text: str) -> None:
        """Take a text frame."""
        with self._lock:
            self._broker().live.receive(wire, text)

    def take(self, wire: Wire) -> str | None:
        """Return the next frame to send, or None."""
        with self._lock:
            return wire.take()

    def leave(self, wire: Wire) -> None:
        """Hear that a WebSocket is gone."""
        with self._lock:
            self._broker().live.leave(wire)

    def tick(self) -> None:
        """Do what is due by now."""
        with self._lock:
            self._broker().run_timers()
