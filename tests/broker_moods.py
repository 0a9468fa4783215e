"""A real loopback server in a mood: it answers as the script says, and writes down what came and when."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from brokkr_core.testing.serving import ThreadedServer

#: A status, or ``None`` to break the connection off without an answer.
Mood = int | None


class Moody:
    """A server that answers what the mood says.

    Args:
        mood: decides what a request gets, from its method and path and how many came before.
        headers: sent with every answer.
    """

    def __init__(self, mood: Callable[[str, int], Mood], headers: dict[str, str] | None = None) -> None:
        self.mood = mood
        self.headers = headers or {}
        self.seen: list[str] = []
        self.times: list[float] = []
        self.server = ThreadedServer(self._application)

    def count(self, endpoint: str) -> int:
        return Counter(self.seen)[endpoint]

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        endpoint = f"{request.method} {request.path}"
        mood = self.mood(endpoint, len(self.seen))
        self.seen.append(endpoint)
        self.times.append(time.monotonic())
        if mood is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if mood == 200 and request.method == "GET":
            return web.json_response([], headers=self.headers)
        return web.Response(status=204 if mood == 200 else mood, headers=self.headers)
