"""A TCP proxy that ill-treats what passes through it: the network between two processes, in our hand."""

from __future__ import annotations

import socket
import struct
import threading
import time
from enum import Enum
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

#: How much is read at once, in bytes.
PIECE = 65_536

#: Between two drops where not everything passes at once, in seconds.
DRIP_SECONDS = 0.05
#: How large a drop is, in bytes: a line of 40 KiB/s, and one that is good for nothing.
SLOW_BYTES = 2048
TRICKLE_BYTES = 1


class Weather(Enum):
    """What becomes of bytes that want to pass."""

    FAIR = "everything passes"
    SILENT = "nothing passes and nobody is told, as behind a firewall that drops"
    RESET = "every connection is reset, new ones at once"
    SLOW = "everything passes, and it takes its time"
    TRICKLE = "a byte at a time passes"
    NO_REQUESTS = "nothing passes to the server; what the server says passes"
    NO_ANSWERS = "nothing passes to the client; what the client says passes"


class TcpProxy:
    """Carries connections to a server. A context manager; listens from its beginning to its end.

    Args:
        target: URL of the server, which may be set later.
    """

    def __init__(self, target: str = "") -> None:
        self.target = target
        self.connections = 0
        self._weather = Weather.FAIR
        self._changed = threading.Condition()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lost: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self.become(Weather.RESET)

    def become(self, weather: Weather) -> None:
        """Change the weather, for open connections and for new ones."""
        with self._changed:
            self._weather = weather
            if weather is Weather.RESET:
                for pair in list(self._pairs):
                    self._drop(pair)
            self._changed.notify_all()

    def half_open(self) -> None:
        """Let every open connection be dead for good without a word to its ends; new ones are fine."""
        with self._changed:
            self._lost.update(side for pair in self._pairs for side in pair)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        where = urlsplit(self.target)
        try:
            server = socket.create_connection((where.hostname, where.port), timeout=5.0)
        except OSError:
            reset(client)  # nobody listens: so much is told
            return
        server.settimeout(None)
        pair = (client, server)
        with self._changed:
            self._pairs.add(pair)
            if self._weather is Weather.RESET:
                self._drop(pair)
                return
        there = threading.Thread(target=self._pump, args=(pair, client, server, Weather.NO_REQUESTS), daemon=True)
        there.start()
        self._pump(pair, server, client, Weather.NO_ANSWERS)
        there.join()
        with self._changed:
            self._drop(pair)

    def _pump(
        self, pair: tuple[socket.socket, socket.socket], one: socket.socket, other: socket.socket, against: Weather
    ) -> None:
        """Carry one direction until its end."""
        try:
            while piece := one.recv(PIECE):
                while piece:
                    piece = self._pass(pair, piece, other, against)
            self._fair(pair, against)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            with self._changed:
                self._drop(pair)

    def _pass(
        self, pair: tuple[socket.socket, socket.socket], piece: bytes, other: socket.socket, against: Weather
    ) -> bytes:
        """Send as much as the weather lets through; return the rest."""
        drop = {Weather.SLOW: SLOW_BYTES, Weather.TRICKLE: TRICKLE_BYTES}.get(self._fair(pair, against))
        if drop is None:
            other.sendall(piece)
            return b""
        other.sendall(piece[:drop])
        time.sleep(DRIP_SECONDS)
        return piece[drop:]

    def _fair(self, pair: tuple[socket.socket, socket.socket], against: Weather) -> Weather:
        """Wait for weather in which this direction passes; bytes that were held up come late, as with TCP."""
        with self._changed:
            while pair in self._pairs and (self._weather in (Weather.SILENT, against) or pair[0] in self._lost):
                self._changed.wait()
            if pair not in self._pairs:
                raise ConnectionResetError
            return self._weather

    def _drop(self, pair: tuple[socket.socket, socket.socket]) -> None:
        """End both sides with a reset; the lock is held."""
        if pair not in self._pairs:
            return
        self._pairs.discard(pair)
        self._lost.difference_update(pair)
        for side in pair:
            reset(side)
        self._changed.notify_all()


def reset(side: socket.socket) -> None:
    """Cut a connection so that the other end gets a reset, whoever is reading from it here."""
    try:
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        side.shutdown(socket.SHUT_RD)  # wakes up our own reader; nothing is sent
    except OSError:
        pass  # the other end was quicker
    side.close()
