"""One connection: reads a request, sends what is said to it, and says goodbye; all of it within bounds of time."""

from __future__ import annotations

import select
import socket
import time
from contextlib import closing, suppress
from http import HTTPStatus

from brokkr_agent.http.answer import Answer, Stream, head_of, written
from brokkr_agent.http.request import MOST_HEAD_BYTES, Request, after_head, body_length, head_ended, read_head

#: A request has to be there, and what is sent of its answer be taken, within so many seconds each.
HEAD_SECONDS = 5.0
SEND_SECONDS = 5.0
#: How long to wait for the client to hang up: closing earlier could take the answer from it again.
GOODBYE_SECONDS = 1.0
#: So much of a body that nobody asked for is read before the line is cut.
MOST_LEFT_BYTES = 65536
#: After so many seconds without a piece a stream says that it is still there.
IDLE_SECONDS = 15.0


def hear(line: socket.socket, most_body: int) -> tuple[Request, bytes] | int:
    """Read a request until it is whole, too large or too late.

    Args:
        line: where from.
        most_body: so many bytes of a body are read; with 0 no body is.

    Returns:
        The request and its body, or the status to refuse it with.
    """
    deadline = time.monotonic() + HEAD_SECONDS
    try:
        data = b""
        while not head_ended(data) and len(data) < MOST_HEAD_BYTES:
            more = _receive(line, MOST_HEAD_BYTES - len(data), deadline)
            if not more:
                break
            data += more
        request = read_head(data)
        if isinstance(request, int) or not most_body:
            return request if isinstance(request, int) else (request, b"")
        return _with_body(line, request, after_head(data), most_body, deadline)
    except TimeoutError:
        return HTTPStatus.REQUEST_TIMEOUT


def _with_body(
    line: socket.socket, request: Request, begun: bytes, most: int, deadline: float
) -> tuple[Request, bytes] | int:
    length = body_length(request, most)
    if length is None:
        told = "transfer-encoding" not in request.headers
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if told else HTTPStatus.LENGTH_REQUIRED
    body = begun[:length]
    while len(body) < length:
        more = _receive(line, length - len(body), deadline)
        if not more:
            return HTTPStatus.BAD_REQUEST
        body += more
    return request, body


def say(line: socket.socket, answer: Answer, *, head_only: bool) -> None:
    """Send an answer, and wait a moment for the other side to hang up."""
    line.settimeout(SEND_SECONDS)
    line.sendall(written(answer, head_only=head_only))
    _goodbye(line)


def pour(line: socket.socket, stream: Stream, *, head_only: bool) -> None:
    """Send a stream until it ends, its reader has gone, or the reader does not take a piece in time."""
    with closing(stream.pieces):
        line.settimeout(SEND_SECONDS)
        line.sendall(head_of(stream))
        if head_only:
            return
        sent = time.monotonic()
        for piece in stream.pieces:
            if _gone(line):
                return
            if piece or time.monotonic() - sent >= IDLE_SECONDS:
                line.sendall(piece or stream.idle)
                sent = time.monotonic()


def cut(line: socket.socket) -> None:
    """End a connection that another thread works on; closing it is left to that one."""
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _receive(line: socket.socket, most: int, deadline: float) -> bytes:
    line.settimeout(max(0.001, deadline - time.monotonic()))
    return line.recv(most)


def _gone(line: socket.socket) -> bool:
    """Tell whether the other side has hung up."""
    poll = select.poll()
    poll.register(line, select.POLLIN)
    return bool(poll.poll(0)) and line.recv(1, socket.MSG_PEEK) == b""


def _goodbye(line: socket.socket) -> None:
    line.shutdown(socket.SHUT_WR)
    left, deadline = MOST_LEFT_BYTES, time.monotonic() + GOODBYE_SECONDS
    while left > 0 and time.monotonic() < deadline:
        more = _receive(line, left, deadline)
        if not more:
            return
        left -= len(more)
