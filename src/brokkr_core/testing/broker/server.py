"""The broker on a real socket: aiohttp outside, the pure core inside."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from aiohttp import web

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker.live.faults import LinePlan
from brokkr_core.testing.broker.live.gate import is_live
from brokkr_core.testing.broker.live.sockets import Desk, Sockets, serve, wants_upgrade

#: Far above what the broker accepts, so that the refusal is the broker's and not aiohttp's.
_READ_LIMIT_BYTES = 64 * 1024 * 1024


def application(handle: Callable[[Request], Response], desk: Desk, plan: LinePlan, sockets: Sockets) -> web.Application:
    """Make the application that carries requests to a broker.

    Args:
        handle: answers one request; called in the event loop, so it must not block.
        desk: decides about WebSockets.
        plan: what goes wrong with them.
        sockets: where those that are open are to be found.

    Returns:
        An application for one start of a server.
    """

    async def carry(incoming: web.Request) -> web.StreamResponse:
        request = await _request(incoming)
        if is_live(request.path) and wants_upgrade(incoming):
            return await serve(incoming, request, desk, plan.next(), sockets)
        return _outgoing(handle(request))

    app = web.Application(client_max_size=_READ_LIMIT_BYTES)
    app.router.add_route("*", "/{path:.*}", carry)
    return app


async def _request(incoming: web.Request) -> Request:
    # The path as it came: a normalised one would hide a client's double or trailing slashes.
    path, _, query = incoming.raw_path.partition("?")
    return Request(
        method=incoming.method,
        path=path,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=dict(incoming.headers),
        body=await incoming.read(),
    )


def _outgoing(response: Response) -> web.Response:
    return web.Response(status=response.status, headers=response.headers, body=response.body)
