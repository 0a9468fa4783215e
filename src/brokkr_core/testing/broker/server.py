"""The broker on a real socket: aiohttp outside, the pure core inside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker.call import Errand
from brokkr_core.testing.broker.live.faults import LinePlan
from brokkr_core.testing.broker.live.gate import is_live
from brokkr_core.testing.broker.live.sockets import Desk, Sockets, serve, wants_upgrade
from brokkr_core.testing.broker.posting import PostOffice, deliver_for_ever, end

#: Far above what the broker accepts, so that the refusal is the broker's and not aiohttp's.
_READ_LIMIT_BYTES = 64 * 1024 * 1024


class Front(PostOffice, Protocol):
    """Takes requests, and knows which webhooks are to be posted."""

    def begin(self, request: Request) -> Response | Errand:
        """Answer one request, or say what is to be posted first; must not block."""

    async def finish(self, request: Request, errand: Errand) -> Response:
        """Post it, and answer the request."""


def application(front: Front, desk: Desk, plan: LinePlan, sockets: Sockets, *, post_seconds: float) -> web.Application:
    """Make the application that carries requests to a broker.

    Args:
        front: answers requests.
        desk: decides about WebSockets.
        plan: what goes wrong with them.
        sockets: where those that are open are to be found.
        post_seconds: between two looks for webhooks to post.

    Returns:
        An application for one start of a server.
    """

    async def carry(incoming: web.Request) -> web.StreamResponse:
        request = await _request(incoming)
        if is_live(request.path) and wants_upgrade(incoming):
            return await serve(incoming, request, desk, plan.next(), sockets)
        answer = front.begin(request)
        return _outgoing(await front.finish(request, answer) if isinstance(answer, Errand) else answer)

    async def posting(_app: web.Application) -> AsyncIterator[None]:
        courier = asyncio.create_task(deliver_for_ever(front, post_seconds))
        yield
        await end(courier)

    app = web.Application(client_max_size=_READ_LIMIT_BYTES)
    app.router.add_route("*", "/{path:.*}", carry)
    app.cleanup_ctx.append(posting)
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
