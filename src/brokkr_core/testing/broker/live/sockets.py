"""The broker's WebSockets on real sockets: aiohttp outside, the pure desk inside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from aiohttp import WSMsgType, web

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker.live.faults import LineFault
from brokkr_core.testing.broker.live.gate import PROTOCOL
from brokkr_core.testing.broker.live.wires import Wire

#: What the real broker's library takes (contract 8.1).
MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024

_TICK_SECONDS = 1.0


class Desk(Protocol):
    """What decides, behind a lock: nothing here may block for long."""

    def open(self, request: Request) -> Wire | Response:
        """Let a WebSocket in, or refuse it."""

    def receive(self, wire: Wire, text: str) -> None:
        """Take a text frame."""

    def take(self, wire: Wire) -> str | None:
        """Return the next frame to send, or None."""

    def leave(self, wire: Wire) -> None:
        """Hear that a WebSocket is gone."""

    def tick(self) -> None:
        """Do what is due by now."""


class Socket:
    """One open WebSocket and the ways to ill-treat it; every method may be called from any thread.

    Args:
        incoming: the upgrade.
        loop: the loop it lives in.
    """

    def __init__(self, incoming: web.Request, loop: asyncio.AbstractEventLoop) -> None:
        offered = incoming.headers.get("sec-websocket-protocol", "")
        protocols = (PROTOCOL,) if PROTOCOL in offered else ()
        self.ws = web.WebSocketResponse(max_msg_size=MESSAGE_LIMIT_BYTES, compress=False, protocols=protocols)
        self._incoming = incoming
        self._loop = loop
        self.mute = asyncio.Event()

    def cut(self) -> None:
        """Drop the connection without a word, as a killed process or a reset does."""
        self._soon(self._abort)

    def half_open(self) -> None:
        """Neither read nor send any more, and stay connected."""
        self._soon(self._freeze)

    def close(self, code: int, reason: str = "") -> None:
        """Close it with a code, as a server or a proxy that goes away does."""
        self._soon(lambda: self._loop.create_task(self.ws.close(code=code, message=reason.encode())))

    def say(self, frame: str | bytes) -> None:
        """Send a frame as it stands: text as text, bytes as a binary frame."""
        self._soon(lambda: self._loop.create_task(self._send(frame)))

    async def _send(self, frame: str | bytes) -> None:
        with suppress(ConnectionError):
            await (self.ws.send_bytes(frame) if isinstance(frame, bytes) else self.ws.send_str(frame))

    def _abort(self) -> None:
        if self._incoming.transport is not None:
            self._incoming.transport.abort()

    def _freeze(self) -> None:
        self.mute.set()
        transport = self._incoming.transport
        if isinstance(transport, asyncio.ReadTransport):
            transport.pause_reading()

    def _soon(self, act: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop ended, and with it the socket
            self._loop.call_soon_threadsafe(act)


class Sockets:
    """All WebSockets that are open, oldest first. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[Socket] = []

    def all(self) -> tuple[Socket, ...]:
        """Return those that are open now."""
        with self._lock:
            return tuple(self._open)

    def add(self, socket: Socket) -> None:
        """Remember one."""
        with self._lock:
            self._open.append(socket)

    def remove(self, socket: Socket) -> None:
        """Forget one."""
        with self._lock:
            self._open.remove(socket)


def wants_upgrade(incoming: web.Request) -> bool:
    """Whether a request asks for a WebSocket."""
    return incoming.headers.get("upgrade", "").lower() == "websocket"


async def serve(
    incoming: web.Request, request: Request, desk: Desk, fault: LineFault, sockets: Sockets
) -> web.StreamResponse:
    """Serve one WebSocket from its upgrade to its end.

    Args:
        incoming: the upgrade.
        request: the same, for the desk.
        desk: decides.
        fault: what is to go wrong.
        sockets: where it is to be found while it is open.

    Returns:
        What was answered.
    """
    answer = fault.refuse or desk.open(request)
    if isinstance(answer, Response):
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
    socket = Socket(incoming, asyncio.get_running_loop())
    await socket.ws.prepare(incoming)
    sockets.add(socket)
    if fault.half_open:
        socket.half_open()
    if fault.close_with is not None:
        socket.close(*fault.close_with)
    writer = asyncio.create_task(_write(socket, answer, desk, fault))
    try:
        await _read(socket, answer, desk)
    finally:
        answer.wake = lambda: None
        writer.cancel()
        sockets.remove(socket)
        desk.leave(answer)
    return socket.ws


async def _read(socket: Socket, wire: Wire, desk: Desk) -> None:
    async for message in socket.ws:
        if message.type is WSMsgType.TEXT:
            desk.receive(wire, message.data)


async def _write(socket: Socket, wire: Wire, desk: Desk, fault: LineFault) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # pushed from another thread after the loop had ended
            loop.call_soon_threadsafe(ready.set)

    wire.wake = wake
    with suppress(ConnectionError):
        while not wire.closed:
            await _send_all(socket, wire, desk, fault)
            if not wire.closed:
                await _woken(ready, desk)
            ready.clear()
        await socket.ws.close()


async def _woken(ready: asyncio.Event, desk: Desk) -> None:
    """Wait for something to send, and let the broker's timers run meanwhile: some of them send."""
    try:
        async with asyncio.timeout(_TICK_SECONDS):
            await ready.wait()
    except TimeoutError:
        desk.tick()


async def _send_all(socket: Socket, wire: Wire, desk: Desk, fault: LineFault) -> None:
    while not socket.mute.is_set() and (text := desk.take(wire)) is not None:
        if fault.drop_pushes:
            continue
        await asyncio.sleep(fault.delay_seconds)
        await socket.ws.send_str(text)
