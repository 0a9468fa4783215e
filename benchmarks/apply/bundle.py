"""A generated bundle: some namespaces, and in each the kinds that an ordinary application has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

Object = dict[str, Any]

NAMESPACES = 5


@frozen(kw_only=True)
class Bundle:
    """The two files of one size: as it is first, and with one object changed."""

    objects: int
    before: Path
    after: Path


def write(directory: Path, objects: int) -> Bundle:
    """Write a bundle of so many objects, namespaces included, as YAML documents that are JSON.

    Args:
        directory: where to put it.
        objects: how many.
    """
    before, after = directory / f"bundle-{objects}.yaml", directory / f"bundle-{objects}-changed.yaml"
    made = list(bundle(objects))
    before.write_text(text(made))
    changed = next(one for one in reversed(made) if one["kind"] == "ConfigMap")
    changed["data"]["level"] = "debug"
    after.write_text(text(made))
    return Bundle(objects=objects, before=before, after=after)


def text(objects: list[Object]) -> str:
    """Write objects as documents of one stream; a namespace stands before what lives in it."""
    return "".join(f"---\n{json.dumps(one, indent=1)}\n" for one in objects)


def bundle(objects: int) -> Iterator[Object]:
    """Yield namespaces, then objects of nine kinds that refer to each other, spread over the namespaces."""
    spaces = [f"bench-{number}" for number in range(NAMESPACES)]
    for space in spaces:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
    left, number = objects - NAMESPACES, 0
    while left > 0:
        for one in application(f"app-{number}", spaces[number % NAMESPACES])[:left]:
            yield one
            left -= 1
        number += 1


def application(name: str, namespace: str) -> list[Object]:
    """Make the objects of one application."""

    def made(api_version: str, kind: str, **members: Any) -> Object:
        labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "bench"}
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **members}

    chosen = {"matchLabels": {"app.kubernetes.io/name": name}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    limits = {"averageUtilization": 80, "type": "Utilization"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    return [
        made("v1", "ConfigMap", data={"level": "info", "file.properties": "a=1\nb=2\n" * 10}),
        made("v1", "ServiceAccount"),
        made("v1", "Secret", type="Opaque", data={"password": "aHVudGVyMg=="}),
        made(
            "rbac.authorization.k8s.io/v1",
            "Role",
            rules=[{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}],
        ),
        made(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            roleRef=role,
            subjects=[{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        ),
        made(
            "v1",
            "Service",
            spec={
                "selector": chosen["matchLabels"],
                "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}],
            },
        ),
        made("apps/v1", "Deployment", spec=_deployment(name, chosen)),
        made("policy/v1", "PodDisruptionBudget", spec={"minAvailable": 1, "selector": chosen}),
        made(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            spec={
                "scaleTargetRef": target,
                "minReplicas": 2,
                "maxReplicas": 5,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": limits}}],
            },
        ),
        made("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": chosen, "policyTypes": ["Ingress"]}),
    ]


def _deployment(name: str, chosen: Object) -> Object:
    container = {
        "name": "web",
        "image": "registry.example.com/web:1.0",
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "envFrom": [{"configMapRef": {"name": name}}],
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
    }
    pod = {"serviceAccountName": name, "containers": [container]}
    return {
        "replicas": 2,
        "selector": chosen,
        "template": {"metadata": {"labels": chosen["matchLabels"]}, "spec": pod},
    }
