"""What the cluster says it serves: legacy discovery, aggregated discovery, version."""

from __future__ import annotations

import hashlib
import json
import re

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.registry import Registry
from brokkr_core.testing.cluster.resource import VERBS, Resource
from brokkr_core.testing.cluster.settings import Settings
from brokkr_core.testing.cluster.words import words

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

#: Groups in the order kube-apiserver lists them; others follow by name.
_FIRST = words(
    "apiregistration.k8s.io apps events.k8s.io authentication.k8s.io authorization.k8s.io autoscaling batch "
    "certificates.k8s.io networking.k8s.io policy rbac.authorization.k8s.io storage.k8s.io "
    "admissionregistration.k8s.io apiextensions.k8s.io scheduling.k8s.io coordination.k8s.io node.k8s.io "
    "discovery.k8s.io resource.k8s.io flowcontrol.apiserver.k8s.io"
)

#: Asked by POST, answered, never stored: plural and kind by group and version.
REVIEWS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("authentication.k8s.io", "v1"): (("selfsubjectreviews", "SelfSubjectReview"),),
    ("authorization.k8s.io", "v1"): (
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    ),
}


def _groups(registry: Registry) -> dict[str, dict[str, list[Resource]]]:
    found = registry.groups()
    for group, version in REVIEWS:
        found.setdefault(group, {}).setdefault(version, [])
    rank = {name: at for at, name in enumerate(_FIRST)}
    return {name: found[name] for name in sorted(found, key=lambda name: (rank.get(name, len(rank)), name))}


def version_info(settings: Settings) -> JsonObject:
    """Return the answer to ``/version``."""
    match = re.fullmatch(r"v(\d+)\.(\d+).*", settings.version)
    major, minor = (match[1], match[2]) if match else ("1", "0")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": settings.version,
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.24",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def api_versions() -> JsonObject:
    """Return the answer to ``/api``."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def api_groups(registry: Registry) -> JsonObject:
    """Return the answer to ``/apis``."""
    groups: list[Json] = [_group(name, list(versions)) for name, versions in _groups(registry).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(registry: Registry, group: str) -> JsonObject | None:
    """Return the answer to ``/apis/<group>``, or None if it is not served."""
    versions = _groups(registry).get(group)
    if not group or versions is None:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, list(versions))}


def _group(name: str, versions: list[str]) -> JsonObject:
    listed: list[Json] = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def api_resources(registry: Registry, group: str, version: str) -> JsonObject | None:
    """Return the resources of a group and version, or None if it is not served."""
    resources = _groups(registry).get(group, {}).get(version)
    if resources is None:
        return None
    listed: list[Json] = []
    for resource in resources:
        listed.append(_entry(resource))
        listed.extend(_sub_entry(resource, name) for name in sorted(resource.subresources))
    for plural, kind in REVIEWS.get((group, version), ()):
        listed.append(
            {"name": plural, "singularName": kind.lower(), "namespaced": False, "kind": kind, "verbs": ["create"]}
        )
    api_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": listed}


def _entry(resource: Resource) -> JsonObject:
    out: JsonObject = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(VERBS),
    }
    if resource.short_names:
        out["shortNames"] = list(resource.short_names)
    if resource.categories:
        out["categories"] = list(resource.categories)
    return out


def _sub_entry(resource: Resource, name: str) -> JsonObject:
    out: JsonObject = {
        "name": f"{resource.plural}/{name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _sub_verbs(name),
    }
    if name == "scale":
        out.update({"group": "autoscaling", "version": "v1", "kind": "Scale"})
    return out


def _sub_verbs(name: str) -> list[Json]:
    return ["get"] if name == "log" else ["get", "patch", "update"]


def aggregated(registry: Registry, *, core: bool) -> JsonObject:
    """Return aggregated discovery (KEP-3352).

    Args:
        registry: what is served.
        core: the answer to ``/api`` instead of ``/apis``.
    """
    items: list[Json] = []
    for group, versions in _groups(registry).items():
        if (group == "") is not core:
            continue
        metadata: JsonObject = {"creationTimestamp": None}
        if group:
            metadata["name"] = group
        listed: list[Json] = [_aggregated_version(group, *pair) for pair in versions.items()]
        items.append({"metadata": metadata, "versions": listed})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _aggregated_version(group: str, version: str, resources: list[Resource]) -> JsonObject:
    listed: list[Json] = [_aggregated_resource(resource) for resource in resources]
    for plural, kind in REVIEWS.get((group, version), ()):
        listed.append(
            {
                "resource": plural,
                "responseKind": {"group": group, "version": version, "kind": kind},
                "scope": "Cluster",
                "singularResource": kind.lower(),
                "verbs": ["create"],
            }
        )
    return {"version": version, "resources": listed, "freshness": "Current"}


def _aggregated_resource(resource: Resource) -> JsonObject:
    response = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    out: JsonObject = {
        "resource": resource.plural,
        "responseKind": dict(response),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(VERBS),
    }
    if resource.short_names:
        out["shortNames"] = list(resource.short_names)
    if resource.categories:
        out["categories"] = list(resource.categories)
    subresources: list[Json] = []
    for name in sorted(resource.subresources):
        kind = {"group": "autoscaling", "version": "v1", "kind": "Scale"} if name == "scale" else response
        subresources.append({"subresource": name, "responseKind": dict(kind), "verbs": _sub_verbs(name)})
    if subresources:
        out["subresources"] = subresources
    return out


def etag(value: JsonObject) -> str:
    """Return the entity tag of a discovery answer."""
    text = json.dumps(value, sort_keys=True).encode()
    return '"' + hashlib.sha512(text).hexdigest()[:64].upper() + '"'
