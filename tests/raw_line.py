"""A loopback server that says bytes as they stand, so that it can break every rule of HTTP."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from broker_support import AGENT_JSON, OTHER

#: What a server does with a request it has read: bytes to say before it hangs up, or anything at all.
Trick = bytes | Callable[[socket.socket], None]

#: A reader that waits this long has been let down.
PATIENCE_SECONDS = 20.0

GOOD = json.dumps({**AGENT_JSON, "id": OTHER}).encode()


def answer(body: bytes = b"", *, status: str = "200 OK", headers: str = "Content-Type: application/json") -> bytes:
    """Write an answer with the right length."""
    lines = "".join(f"{line}\r\n" for line in headers.split("\n") if line)
    return f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def reset(peer: socket.socket) -> None:
    """Cut the connection so that the other side gets a reset instead of an end."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def then_reset(said: bytes) -> Callable[[socket.socket], None]:
    def trick(peer: socket.socket) -> None:
        peer.sendall(said)
        reset(peer)

    return trick


def then_silence(said: bytes) -> Callable[[socket.socket], None]:
    def trick(peer: socket.socket) -> None:
        peer.sendall(said)
        peer.recv(1)

    return trick


def drip(said: bytes, drop: bytes, seconds: float) -> Callable[[socket.socket], None]:
    """Say a beginning and then one drop after the other, until the other side has had enough."""

    def trick(peer: socket.socket) -> None:
        peer.sendall(said)
        peer.settimeout(seconds)
        while True:
            peer.sendall(drop)
            try:
                if not peer.recv(1):
                    return
            except TimeoutError:
                continue

    return trick


def flood(said: bytes, wave: bytes) -> Callable[[socket.socket], None]:
    """Say a beginning and then the same for ever."""

    def trick(peer: socket.socket) -> None:
        peer.sendall(said)
        while True:
            peer.sendall(wave)

    return trick


class RawLine:
    """Answers requests for ``OTHER`` well and keeps the connection; plays its trick on all others.

    Args:
        trick: what to do to a request.
        tls: serve https with this context.
        greeting: say this to the first byte of whoever connects, and hang up.
    """

    def __init__(self, trick: Trick = b"", *, tls: ssl.SSLContext | None = None, greeting: bytes | None = None) -> None:
        self._greeting = greeting
        self.trick = trick
        self.heads: list[bytes] = []
        self.connections = 0
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Give back the sockets."""
        self._listener.close()
        for peer in self._open:
            peer.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(PATIENCE_SECONDS)
        try:
            peer = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with peer:
                self._talk(peer)
        except OSError:
            return  # the client has gone; that is its right

    def _talk(self, peer: socket.socket) -> None:
        if self._greeting is not None:
            peer.recv(1)
            peer.sendall(self._greeting)
            return
        while head := head_of(peer):
            self.heads.append(head)
            if OTHER.encode() in head:
                peer.sendall(answer(GOOD))
            elif callable(self.trick):
                self.trick(peer)
                return
            else:
                peer.sendall(self.trick)
                if b"Connection: keep" not in self.trick:
                    return


def head_of(peer: socket.socket) -> bytes:
    """Read a request, nothing of which comes before the answer to the one before; empty when there is none."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = peer.recv(65_536)
        if not piece:
            return b""
        head += piece
    return head
