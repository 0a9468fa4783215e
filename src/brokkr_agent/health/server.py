"""A small HTTP server that cannot be kept from answering: every connection has little time and little room.

It is made by hand because the standard library's has no bound on its threads and lets one client send for ever. Once
``MOST_CONNECTIONS`` are open the oldest is closed for the newest, so that a kubelet gets through whoever else is there.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

import structlog

from brokkr_agent.health.answers import Answer
from brokkr_agent.health.head import MOST_HEAD_BYTES, Asked, head_ended, read_head
from brokkr_agent.stop import Stop
from brokkr_core.errors import UsageError

_log = structlog.get_logger("health")

#: So many connections are open at once, at most.
MOST_CONNECTIONS = 32
#: A request has to be there, and its answer taken, within so many seconds each.
HEAD_SECONDS = 5.0
SEND_SECONDS = 5.0
#: How long to wait for the client to hang up: closing earlier could take the answer from it again.
GOODBYE_SECONDS = 1.0
#: So much of a body that nobody asked for is read before the line is cut.
MOST_BODY_BYTES = 65536
#: How often the server looks for a stop.
LOOK_SECONDS = 0.2

_ROOM_SECONDS = 1.0


class HealthServer:
    """Answers questions about the agent.

    Args:
        address: the address to listen on; empty for all of them.
        port: the port; 0 takes any that is free.
        answer: answers one question; must not ask anybody else.
        beat: called again and again while the server lives.
    """

    def __init__(
        self, address: str, port: int, answer: Callable[[Asked], Answer], *, beat: Callable[[], None] = lambda: None
    ) -> None:
        self._where = (address, port)
        self._answer = answer
        self._beat = beat
        self._room = threading.Condition()
        self._open: dict[socket.socket, None] = {}
        self.port: int | None = None  #: where it listens; None while it does not

    def serve(self, stop: Stop) -> None:
        """Listen and answer until a stop.

        Raises:
            UsageError: the address or port cannot be had; it may be free later.
        """
        try:
            with _listen(*self._where) as door:
                self.port = int(door.getsockname()[1])
                _log.info("answers questions about its health", address=self._where[0] or "all", port=self.port)
                door.settimeout(LOOK_SECONDS)
                while not stop():
                    self._beat()
                    self._accept(door)
        except OSError as error:
            place = f"agent.health_port {self._where[1]} at {self._where[0] or 'all addresses'}"
            hint = "free it, choose another, or switch the endpoints off with 0; deployments go on without them"
            raise UsageError(f"{place}: {error.strerror or error}; {hint}") from error
        finally:
            self.port = None

    def _accept(self, door: socket.socket) -> None:
        try:
            line, _ = door.accept()
        except (TimeoutError, ConnectionAbortedError):
            return
        if not self._take(line):
            line.close()
            return
        try:
            threading.Thread(target=self._converse, args=(line,), name="health-answer", daemon=True).start()
        except RuntimeError:  # the process may begin no more threads
            self._give_back(line)

    def _take(self, line: socket.socket) -> bool:
        """Make room for a connection by closing the oldest; tell whether there is room."""
        with self._room:
            if len(self._open) >= MOST_CONNECTIONS:
                _cut(next(iter(self._open)))
            if not self._room.wait_for(lambda: len(self._open) < MOST_CONNECTIONS, _ROOM_SECONDS):
                return False
            self._open[line] = None
            return True

    def _give_back(self, line: socket.socket) -> None:
        with self._room:
            self._open.pop(line, None)
            line.close()
            self._room.notify()

    def _converse(self, line: socket.socket) -> None:
        try:
            asked = _hear(line)
            answer = self._say(asked)
            head_only = isinstance(asked, Asked) and asked.head_only
            line.settimeout(SEND_SECONDS)
            line.sendall(written(answer, head_only=head_only))
            _goodbye(line)
        except OSError:  # whoever asked has gone, or was cut
            return
        finally:
            self._give_back(line)

    def _say(self, asked: Asked | int) -> Answer:
        if isinstance(asked, int):
            return Answer(status=asked, body=HTTPStatus(asked).phrase.encode())
        try:
            return self._answer(asked)
        except Exception:
            _log.exception("no answer about the agent's health", path=asked.path[:100])
            return Answer(status=500, body=b"the agent itself failed; its log tells more")


def written(answer: Answer, *, head_only: bool = False) -> bytes:
    """Write an answer as HTTP; the line is closed after each."""
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        *(["Allow: GET, HEAD"] if answer.status == HTTPStatus.METHOD_NOT_ALLOWED else []),
        "Connection: close",
    ]
    head = "\r\n".join([*lines, "", ""]).encode()
    return head if head_only else head + answer.body


def _listen(address: str, port: int) -> socket.socket:
    """Listen on an address, or on all of them whatever their family."""
    if address:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return socket.create_server((address, port), family=family, backlog=MOST_CONNECTIONS)
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=MOST_CONNECTIONS
            )
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:  # IPv6 may be there and switched off
                raise
    return socket.create_server(("", port), backlog=MOST_CONNECTIONS)


def _hear(line: socket.socket) -> Asked | int:
    """Read a request until its head is whole, too large or too late."""
    data, deadline = b"", time.monotonic() + HEAD_SECONDS
    try:
        while not head_ended(data) and len(data) < MOST_HEAD_BYTES:
            line.settimeout(max(0.001, deadline - time.monotonic()))
            more = line.recv(MOST_HEAD_BYTES - len(data))
            if not more:
                break
            data += more
    except TimeoutError:
        return HTTPStatus.REQUEST_TIMEOUT
    return read_head(data)


def _goodbye(line: socket.socket) -> None:
    line.shutdown(socket.SHUT_WR)
    left, deadline = MOST_BODY_BYTES, time.monotonic() + GOODBYE_SECONDS
    while left > 0 and time.monotonic() < deadline:
        line.settimeout(max(0.001, deadline - time.monotonic()))
        more = line.recv(left)
        if not more:
            return
        left -= len(more)


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
