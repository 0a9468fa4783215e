"""What the broker serves outside ``/api/v1``, without authentication (contract 1)."""

from __future__ import annotations

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json
from brokkr_core.testing.broker.routing import API, Router
from brokkr_core.testing.broker.store import State

_CONSOLE = "<!doctype html><html><head><title>Brokkr</title></head><body><div id='app'></div></body></html>"
_METRICS_TYPE = "text/plain; version=0.0.4"


def page(request: Request, state: State, router: Router) -> Response:
    """Answer a request for anything but the API.

    Args:
        request: as it came.
        state: the database, for the metrics.
        router: the API, for its description.

    Returns:
        The page; for an unknown path the console's HTML with 200, or 404 below ``/api`` and ``/internal``.
    """
    if request.path == "/healthz":
        return Response.of_text(200, "OK")
    if request.path == "/readyz":
        return Response.of_text(200, "Ready")
    if request.path == "/metrics":
        return Response.of_text(200, _metrics(state), {"content-type": _METRICS_TYPE})
    if request.path == "/docs/openapi.json":
        return Response.of_json(200, _description(router))
    if request.path.startswith(("/api", "/internal")):
        return Response.of_text(404, "Not Found")
    return Response.of_text(200, _CONSOLE, {"content-type": "text/html"})


def _metrics(state: State) -> str:
    gauges = {
        "brokkr_active_agents": sum(agent.status == "ACTIVE" for agent in state.agents),
        "brokkr_stacks_total": sum(1 for _ in state.stacks),
        "brokkr_deployment_objects_total": sum(1 for _ in state.objects),
    }
    return "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in gauges.items())


def _description(router: Router) -> Json:
    """Return the paths and methods only; the schemas of the real document are not reproduced."""
    paths: dict[str, Json] = {}
    for template, methods in router.templates.items():
        paths[template] = {method.lower(): {"responses": {}} for method in methods}
    info: Json = {"title": "Brokkr", "version": "0.9.1"}
    return {"openapi": "3.0.3", "info": info, "servers": [{"url": API}], "paths": paths}
