"""As much OpenAPI as kubectl asks before it applies: which kinds take ``fieldValidation``."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.registry import Registry
from brokkr_core.testing.cluster.resource import Resource


def openapi_index(registry: Registry) -> JsonObject:
    """Return the answer to ``/openapi/v3``."""
    paths: JsonObject = {}
    for group, versions in registry.groups().items():
        for version in versions:
            path = f"apis/{group}/{version}" if group else f"api/{version}"
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}"}
    return {"paths": paths}


def openapi_document(registry: Registry, group: str, version: str) -> JsonObject | None:
    """Return the document of a group and version, or None if it is not served."""
    resources = registry.groups().get(group, {}).get(version)
    if resources is None:
        return None
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": {_path(resource): {"patch": _operation(resource)} for resource in resources},
        "components": {"schemas": {}},
    }


def _path(resource: Resource) -> str:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    return f"{root}{scope}/{resource.plural}/{{name}}"


def _operation(resource: Resource) -> JsonObject:
    parameters: list[Json] = [
        {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
        for name in ("dryRun", "fieldManager", "fieldValidation", "force")
    ]
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {"parameters": parameters, "responses": {}, "x-kubernetes-group-version-kind": dict(kind)}
