"""The control API: a gate, a table of routes, and the server in front of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path

from brokkr_agent.config import AgentSettings
from brokkr_agent.control.gate import Gate
from brokkr_agent.control.route import Route, find
from brokkr_agent.control.token import TokenFile
from brokkr_agent.http import Answer, HttpServer, Place, Reply, Request, problem

#: The body of a request has so many bytes at most.
MOST_BODY_BYTES = 65536

#: What to do about requests that never came to a route.
_ADVICE = {
    400: "it is no HTTP/1 request, or it ended too early",
    408: "the request was not there in time",
    411: "tell the length of the body with Content-Length",
    413: f"a body may have {MOST_BODY_BYTES} bytes",
    414: "the URL is too long",
    431: "the head of the request is too long",
    500: "the agent itself failed; its log tells more",
    503: "too many streams are open; close one, or come again later",
}


class Api:
    """Answers requests that come through the gate by the table.

    Args:
        gate: who may ask.
        routes: what may be asked.
    """

    def __init__(self, gate: Gate, routes: Iterable[Route]) -> None:
        self._gate = gate
        self.routes = tuple(routes)

    def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        refusal = self._gate.refusal(request)
        if refusal is not None:
            return refusal
        found = find(self.routes, request)
        if isinstance(found, Answer):
            return found
        route, asked = found
        return route.answer(asked)


def refuse(status: int) -> Answer:
    """Refuse what never came to a route."""
    return problem(status, _ADVICE.get(status, HTTPStatus(status).phrase))


def control_server(settings: AgentSettings, routes: Iterable[Route], *, beat: Callable[[], None]) -> HttpServer:
    """Make the server of the control API.

    Args:
        settings: where it listens, and which token is to be shown.
        routes: what may be asked.
        beat: called again and again while the server lives.

    Returns:
        The server; nothing listens yet.

    Raises:
        ConfigError: the token cannot be read.
    """
    token = TokenFile(Path(settings.control_token_file)) if settings.control_token_file else None
    place = Place(
        name="control", address=settings.control_address, port=settings.control_port, setting="agent.control_port"
    )
    api = Api(Gate(address=settings.control_address, token=token), routes)
    return HttpServer(place, api, refuse=refuse, most_body=MOST_BODY_BYTES, beat=beat)
