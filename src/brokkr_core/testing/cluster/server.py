"""The HTTP face of a cluster: an aiohttp application around any backend."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Protocol

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.cluster.bodies import LARGEST, too_large
from brokkr_core.testing.cluster.clock import dated
from brokkr_core.testing.cluster.fate import UNHARMED, ConnectionLost, Fate
from brokkr_core.testing.cluster.status import refused
from brokkr_core.testing.cluster.stream import OpenStream, is_stream

#: How often an idle watch looks at the clock, in seconds; changes wake it at once.
_WATCH_POLL_SECONDS = 0.25


class Backend(Protocol):
    """What the server asks; safe to call from the server's thread.

    Where a connection is to be lost, the methods raise ``ConnectionLost``.
    """

    def fate_of(self, request: Request) -> Fate:
        """Decide what becomes of the next request; asked once for each."""

    def handle(self, request: Request, fate: Fate = UNHARMED) -> Response:
        """Answer a request."""

    def open_stream(self, request: Request, fate: Fate = UNHARMED) -> OpenStream | Response:
        """Open a watch."""

    def take(self, watch: OpenStream) -> tuple[bytes, bool]:
        """Return the lines that are ready and whether the watch has ended."""

    def close_stream(self, watch: OpenStream) -> None:
        """Close a watch."""

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call back after every change, from whatever thread made it."""

    def unsubscribe(self, wake: Callable[[], None]) -> None:
        """Stop calling back."""


def build_server(backend: Backend) -> web.Server:
    """Make the server; one handler answers all paths, so there is no application with a router around it.

    Must be called in the event loop that will serve.

    Args:
        backend: who answers.
    """

    async def serve(incoming: web.BaseRequest) -> web.StreamResponse:
        try:
            request = await _read(incoming)
        except web.HTTPRequestEntityTooLarge:
            return _written(refused(too_large()))
        try:
            fate = backend.fate_of(request)
            if fate.delay_seconds:
                await asyncio.sleep(fate.delay_seconds)
            if is_stream(request):
                return await _serve_watch(backend, request, fate, incoming)
            return _written(backend.handle(request, fate))
        except ConnectionLost as lost:
            return await _cut_off(lost, incoming)

    return web.Server(serve, request_factory=_with_room, access_log=None)


def _with_room(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """Take bodies that are somewhat larger than the cluster reads: it says so itself, and its log knows of them."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=2 * LARGEST)


async def _read(incoming: web.BaseRequest) -> Request:
    return Request(
        method=incoming.method,
        path=incoming.path,
        query=dict(incoming.query),
        headers=dict(incoming.headers),
        body=await incoming.read(),
    )


def _written(response: Response) -> web.Response:
    return web.Response(status=response.status, headers=response.headers, body=response.body)


async def _cut_off(lost: ConnectionLost, incoming: web.BaseRequest) -> web.StreamResponse:
    """Send what there is of the answer, and end the connection the hard way."""
    response = web.StreamResponse()
    connection = incoming.transport
    if connection is None:
        return response
    if lost.partial is not None:
        whole = lost.partial.body
        response = web.StreamResponse(status=lost.partial.status, headers=dict(lost.partial.headers))
        response.content_length = len(whole)
        await response.prepare(incoming)
        await response.write(whole[: len(whole) // 2])
        connection.close()  # what was written still goes out
        return response
    line = connection.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a farewell
    connection.abort()
    return response


async def _serve_watch(backend: Backend, request: Request, fate: Fate, incoming: web.BaseRequest) -> web.StreamResponse:
    watch = backend.open_stream(request, fate)
    if isinstance(watch, Response):
        return _written(watch)
    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(changed.set)

    backend.subscribe(wake)
    try:
        return await _stream(backend, watch, incoming, changed)
    finally:
        backend.unsubscribe(wake)
        backend.close_stream(watch)


async def _stream(
    backend: Backend, watch: OpenStream, incoming: web.BaseRequest, changed: asyncio.Event
) -> web.StreamResponse:
    head = dated(Response(status=200, headers={"content-type": watch.content_type}), watch.opened_at)
    response = web.StreamResponse(headers=dict(head.headers))
    response.enable_chunked_encoding()
    await response.prepare(incoming)
    while True:
        changed.clear()
        lines, ended = backend.take(watch)
        try:
            if lines:
                await response.write(lines)
        except ConnectionError:
            return response
        if ended:
            return response
        await _wait(changed)


async def _wait(changed: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(changed.wait(), _WATCH_POLL_SECONDS)
    except TimeoutError:
        return
