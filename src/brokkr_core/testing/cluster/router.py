"""From a path to the resource, object and subresource it means."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.model.http import Request
from brokkr_core.testing.cluster.options import is_true
from brokkr_core.testing.cluster.registry import Registry
from brokkr_core.testing.cluster.resource import Resource


@frozen(kw_only=True)
class Route:
    """What a path means; empty text where it names nothing."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "HEAD": "get"}


def verb_of(request: Request, name: str) -> str:
    """Return the verb that rules know a request by.

    Args:
        request: what is asked.
        name: the object it names, or empty.
    """
    if request.method == "GET":
        return "watch" if is_true(request.query, "watch") else "get" if name else "list"
    if request.method == "DELETE":
        return "delete" if name else "deletecollection"
    return _VERBS.get(request.method, request.method.lower())


def route(registry: Registry, path: str) -> Route | None:
    """Find what a path names.

    Args:
        registry: what is served.
        path: the path of a request.

    Returns:
        The route, or None when nothing is served there.
    """
    match path.rstrip("/").split("/"):
        case ["", "api", "v1", *parts]:
            group, version = "", "v1"
        case ["", "apis", str(group), str(version), *parts] if group and version:
            pass
        case _:
            return None
    if not parts:
        return None
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in {"status", "finalize"}:
        namespace, parts = parts[1], parts[2:]
    resource = registry.find(group, version, parts[0])
    if resource is None or len(parts) > 3 or (namespace and not resource.namespaced):
        return None
    name = parts[1] if len(parts) > 1 else ""
    subresource = parts[2] if len(parts) > 2 else ""
    if name and resource.namespaced and not namespace:
        return None
    if subresource and subresource not in resource.subresources:
        return None
    return Route(resource=resource, namespace=namespace, name=name, subresource=subresource)
