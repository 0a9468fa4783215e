"""A loopback proxy in front of a broker that ill-treats connections below what any WebSocket library can."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

#: What one connection gets instead of the broker; None passes it on.
Act = Callable[[socket.socket], None]


def instead(answer: bytes) -> Act:
    """Read the request and answer with these bytes, then close."""

    def act(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(answer)

    return act


def silence(client: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    while client.recv(65536):
        pass


class Front:
    """Passes connections on to a broker, unless something else is planned for them.

    Args:
        url: the broker's root.
    """

    def __init__(self, url: str) -> None:
        self._scheme = urlsplit(url).scheme
        self._goal = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._plan: deque[Act] = deque()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._flowing = threading.Event()
        self._flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def planned(self) -> int:
        """How many connections to come are planned for."""
        return len(self._plan)

    def plan(self, act: Act) -> None:
        """Treat the next connection like this."""
        self._plan.append(act)

    def inject(self, data: bytes) -> None:
        """Put bytes into what the broker says on the newest connection."""
        self._pairs[-1][0].sendall(data)

    def cut(self) -> None:
        """Reset the newest connection."""
        for end in self._pairs[-1]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Pass nothing on any more, in either direction, and keep all connections open: a cable was pulled."""
        self._flowing.clear()

    def flow(self) -> None:
        """Pass on again."""
        self._flowing.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self._flowing.set()
        for pair in self._pairs:
            for end in pair:
                end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._treat, args=(client,), daemon=True).start()

    def _treat(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if self._plan:
                self._plan.popleft()(client)
                return
            with socket.create_connection(self._goal, timeout=10.0) as broker:
                broker.settimeout(None)
                self._pairs.append((client, broker))
                back = threading.Thread(target=self._pass_on, args=(broker, client), daemon=True)
                back.start()
                self._pass_on(client, broker)
                back.join()

    def _pass_on(self, source: socket.socket, goal: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                goal.sendall(data)
        with suppress(OSError):
            goal.shutdown(socket.SHUT_WR)
