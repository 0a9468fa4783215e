"""From a path to a handler, with the framework's own refusals (contract 1 and 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from attrs import frozen

from brokkr_core.model.http import Request
from brokkr_core.testing.broker.call import Handler, Route
from brokkr_core.testing.broker.decode import parse_uuid
from brokkr_core.testing.broker.errors import refuse_empty, refuse_text

API = "/api/v1"


@frozen(kw_only=True)
class Match:
    """The path template a request hit, before its method and its ids were looked at."""

    template: str
    handlers: Mapping[str, Handler]
    raw_params: Mapping[str, str]

    def handler(self, method: str) -> Handler:
        """Return the handler of a method; HEAD is answered as GET.

        Raises:
            RefusedError: 405 without a body.
        """
        found = self.handlers.get("GET" if method == "HEAD" else method)
        if found is None:
            raise refuse_empty(405, {"allow": ", ".join(sorted(self.handlers))})
        return found

    def params(self) -> dict[str, str]:
        """Return the variable parts of the path.

        Raises:
            RefusedError: 400 with a text body, an id is no UUID or a part is no UTF-8.
        """
        return {name: _param(name, raw) for name, raw in self.raw_params.items()}


class Router:
    """All routes below ``/api/v1``; a fixed part goes before a variable one.

    Args:
        routes: in any order.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._handlers: dict[str, dict[str, Handler]] = {}
        for route in routes:
            self._handlers.setdefault(route.template, {})[route.method] = route.handler
        fixed_first = sorted(self._handlers, key=lambda template: template.count("{"))
        self._parts = {template: template.split("/") for template in fixed_first}

    @property
    def templates(self) -> dict[str, list[str]]:
        """Every path template with its methods."""
        return {template: sorted(handlers) for template, handlers in sorted(self._handlers.items())}

    def find(self, request: Request) -> Match:
        """Return what the path of a request hits; a trailing slash makes another path (contract 5.2).

        Raises:
            RefusedError: 404 with a text body, nobody has to be authenticated for that.
        """
        given = request.path.removeprefix(API).split("/")
        for template, parts in self._parts.items():
            raw = _fit(parts, given)
            if raw is not None:
                return Match(template=template, handlers=self._handlers[template], raw_params=raw)
        raise refuse_text(404, "Not Found")


def _fit(parts: list[str], given: list[str]) -> dict[str, str] | None:
    if len(parts) != len(given):
        return None
    params: dict[str, str] = {}
    for part, value in zip(parts, given, strict=True):
        if part.startswith("{") and value:
            params[part[1:-1]] = value
        elif part != value:
            return None
    return params


def _param(name: str, raw: str) -> str:
    try:
        text = unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise refuse_text(400, f"Invalid URL: `{name}` is not UTF-8") from None
    if not name.endswith("id"):
        return text
    found = parse_uuid(text)
    if found is None:
        raise refuse_text(400, f"Invalid URL: Cannot parse `{name}`: not a UUID")
    return found
