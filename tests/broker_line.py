"""A real loopback server that does to a line whatever its paths say."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import threading

from aiohttp import web

from broker_support import AGENT_JSON
from brokkr_core.broker import HttpxTransport, TransportLimits
from brokkr_core.model.http import Request
from brokkr_core.testing.serving import ThreadedServer


class Line:
    """A server that misbehaves as its paths say, and counts."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.arrived = threading.Event()
        self.seen: list[web.Request] = []
        self.peers: set[object] = set()
        self.tries = 0
        self.server = ThreadedServer(self._application, tls=tls)

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Do what the last segment of the path says: a kind of trouble, or a status."""
        name = request.path.rpartition("/")[2]
        if name.isdigit():
            return web.Response(status=int(name))
        if not hasattr(self, f"_{name}"):
            self._note(request)
            return web.Response(status=404, text="nothing here")
        answer: web.StreamResponse = await getattr(self, f"_{name}")(request)
        return answer

    def _note(self, request: web.Request) -> None:
        self.seen.append(request)
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        self.arrived.set()

    async def _hello(self, request: web.Request) -> web.Response:
        self._note(request)
        return web.Response(text="hello", headers={"Set-Cookie": "sticky=1"})

    async def _echo(self, request: web.Request) -> web.Response:
        self._note(request)
        echoed = {
            "method": request.method,
            "raw_path": request.raw_path,
            "body": await request.text(),
            "headers": {name.lower(): value for name, value in request.headers.items()},
        }
        return web.json_response(echoed)

    async def _reset(self, request: web.Request) -> web.Response:
        self._note(request)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def _truncated(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
        await answer.prepare(request)
        await answer.write(b'[{"id":')
        assert request.transport is not None
        request.transport.close()
        return answer

    async def _silent(self, request: web.Request) -> web.Response:
        self._note(request)
        await asyncio.Event().wait()
        return web.Response()

    async def _half_silent(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"half")
        await asyncio.Event().wait()
        return answer

    async def _large(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(100):
            await answer.write(b"x" * 1000)
        return answer

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text="<html>console</html>", content_type="text/html")

    async def _flaky(self, request: web.Request) -> web.Response:
        self.tries += 1
        if self.tries < 3:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(AGENT_JSON)

    async def _zip(self, _request: web.Request) -> web.Response:
        body = gzip.compress(b"x" * 1_000_000)
        return web.Response(body=body, headers={"Content-Encoding": "gzip"})

    async def _cut_zip(self, _request: web.Request) -> web.Response:
        return web.Response(body=b"no gzip at all", headers={"Content-Encoding": "gzip"})

    async def _moved(self, _request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("/hello")


def transport_to(line: Line, path: str = "", limits: TransportLimits | None = None) -> HttpxTransport:
    return HttpxTransport(line.server.url + path, limits=limits, use_environment=False)


def fetch(transport: HttpxTransport, path: str, *, method: str = "GET", timeout: float = 5.0) -> bytes:
    try:
        return transport.send(Request(method=method, path=path), timeout_seconds=timeout).body
    finally:
        transport.close()
