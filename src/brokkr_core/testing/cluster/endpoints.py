"""Everything that is not an object: health, version, discovery, OpenAPI, reviews."""

from __future__ import annotations

from datetime import datetime

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster import discovery, openapi
from brokkr_core.testing.cluster.bodies import read_object
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.kinds import builtin_resources
from brokkr_core.testing.cluster.rbac import User, check_path
from brokkr_core.testing.cluster.registry import Registry
from brokkr_core.testing.cluster.reviews import review, review_at
from brokkr_core.testing.cluster.status import method_not_allowed, nothing_there

#: Below these, a path that is not known is answered by the API server and not by its front door.
_BUILTIN_ROOTS = frozenset(
    f"/apis/{resource.group}" if resource.group else "/api/v1" for resource in builtin_resources()
)
_HEALTH = frozenset({"/healthz", "/livez", "/readyz"})


def other_endpoint(core: Core, request: Request, user: User, moment: datetime) -> Response | None:
    """Answer a request that is about no object.

    Args:
        core: the cluster.
        request: what is asked.
        user: who asks.
        moment: discovery tells what was served then.

    Returns:
        The answer, or None when there is nothing at this path.

    Raises:
        Refusal: the user may not ask this, the method is not allowed, or the body cannot be read.
    """
    path = request.path.rstrip("/") or "/"
    if kind := review_at(path):
        if request.method != "POST":
            raise method_not_allowed()
        return Response.of_json(201, review(kind, read_object(request), user))
    check_path(user, request.method.lower(), path)
    if path in _HEALTH:
        return Response.of_text(200, "ok")
    registry = core.registry.as_of(moment)
    if path in {"/api", "/apis"} and "as=APIGroupDiscoveryList" in request.headers.get("accept", ""):
        return _aggregated(registry, request, path)
    body = discovery.version_info(core.settings) if path == "/version" else _document(registry, path)
    if body is None and any(path.startswith(f"{root}/") for root in _BUILTIN_ROOTS):
        raise nothing_there()
    return Response.of_json(200, body) if body is not None else None


def _document(registry: Registry, path: str) -> JsonObject | None:
    match path.strip("/").split("/"):
        case [""]:
            return {"paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]}
        case ["api"]:
            return discovery.api_versions()
        case ["apis"]:
            return discovery.api_groups(registry)
        case ["api", version]:
            return discovery.api_resources(registry, "", version)
        case ["apis", group]:
            return discovery.api_group(registry, group)
        case ["apis", group, version]:
            return discovery.api_resources(registry, group, version)
        case ["openapi", "v3"]:
            return openapi.openapi_index(registry)
        case ["openapi", "v3", "api", version]:
            return openapi.openapi_document(registry, "", version)
        case ["openapi", "v3", "apis", group, version]:
            return openapi.openapi_document(registry, group, version)
    return None


def _aggregated(registry: Registry, request: Request, path: str) -> Response:
    body = discovery.aggregated(registry, core=path == "/api")
    tag = discovery.etag(body)
    headers = {"content-type": discovery.AGGREGATED, "etag": tag, "vary": "Accept"}
    if request.headers.get("if-none-match") == tag:
        return Response(status=304, headers=headers)
    return Response.of_json(200, body, headers)
