"""Three clients that share nothing apply the same manifests, and the same objects with the same owners are there.

kubectl is a Go client, the official ``kubernetes`` package a generated one, and the third is our engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from attrs import evolve, frozen

from brokkr_core.kube import KubeClient
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from brokkr_core.testing.cluster import EmbeddedCluster
from cluster_support import config_map, definition, deployment, gadget, namespace, service, with_metadata
from engine_play import QUICK, actions, applied
from kubectl_support import KUBECTL, Kubectl

GROUP = "acme.example.com"


@frozen(kw_only=True)
class Step:
    """One apply of one manager."""

    bodies: Sequence[JsonObject]
    manager: str = "deployer"


def in_namespace(body: JsonObject, name: str) -> JsonObject:
    return with_metadata(body, namespace=name)


def rbac(kind: str, scope: str = "", **content: Json) -> JsonObject:
    metadata: JsonObject = {"name": "reader", **({"namespace": scope} if scope else {})}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, **content}


def bound(kind: str, scope: str = "") -> JsonObject:
    subject: Json = {"kind": "ServiceAccount", "name": "agent", "namespace": "default"}
    group = "rbac.authorization.k8s.io"
    role: Json = {"apiGroup": group, "kind": kind.removesuffix("Binding"), "name": "reader"}
    return rbac(kind, scope, subjects=[subject], roleRef=role)


def with_environment(body: JsonObject, **values: str) -> JsonObject:
    """A Deployment whose container has only a name and these variables."""
    variables: list[Json] = [{"name": name, "value": value} for name, value in values.items()]
    containers: list[Json] = [{"name": "main", "env": variables}]
    return {**body, "spec": {"template": {"spec": {"containers": containers}}}}


RULES: list[Json] = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "default": 1},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
            },
        },
    },
}

BUNDLES: dict[str, list[Step]] = {
    "a workload": [Step(bodies=[config_map(a="1", b="2"), service("web", 80, 443), deployment()])],
    "custom resources": [
        Step(bodies=[definition(GROUP, SCHEMA)]),
        Step(bodies=[gadget(GROUP, parts=[{"name": "a"}, {"name": "b", "count": 2}]), gadget(GROUP, "two", size=7)]),
    ],
    "rbac": [
        Step(
            bodies=[
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "agent", "namespace": "default"}},
                rbac("ClusterRole", rules=RULES),
                bound("ClusterRoleBinding"),
                rbac("Role", "default", rules=RULES),
                bound("RoleBinding", "default"),
            ]
        )
    ],
    "a namespace and what is in it": [
        Step(bodies=[namespace("lab"), in_namespace(config_map(a="1"), "lab"), in_namespace(deployment(), "lab")])
    ],
    "an update that gives fields up": [
        Step(bodies=[config_map(a="1", b="2"), service("web", 80, 443), deployment()]),
        Step(bodies=[config_map(a="3"), service("web", 80), deployment(replicas=None, image="nginx:2")]),
    ],
    "two managers side by side": [
        Step(bodies=[with_metadata(config_map(a="1"), labels={"app": "web"}), deployment()]),
        Step(manager="tuner", bodies=[config_map(b="2", a="1"), with_environment(deployment(), LEVEL="debug")]),
        Step(bodies=[config_map(), deployment(replicas=3)]),
    ],
}

#: Applies the steps of a bundle to a served cluster.
Play: TypeAlias = Callable[[EmbeddedCluster, Path, list[Step]], None]


def by_kubectl(cluster: EmbeddedCluster, home: Path, steps: list[Step]) -> None:
    kubectl = Kubectl(home, cluster.write_kubeconfig(home / "kubeconfig"))
    for step in steps:
        path = kubectl.file(*step.bodies)
        kubectl("apply", "--server-side", f"--field-manager={step.manager}", "-f", path)


def by_the_official_client(cluster: EmbeddedCluster, home: Path, steps: list[Step]) -> None:
    from kubernetes import config, dynamic  # noqa: PLC0415 - dear to import

    kubeconfig = cluster.write_kubeconfig(home / "kubeconfig")
    new_client: Callable[[str], Any] = config.new_client_from_config
    dynamic_client: Callable[..., Any] = dynamic.DynamicClient
    with new_client(str(kubeconfig)) as connection:
        client = dynamic_client(connection, cache_file=str(home / "discovery"))
        for step in steps:
            client.resources.invalidate_cache()
            for body in step.bodies:
                found = client.resources.get(api_version=body["apiVersion"], kind=body["kind"])
                scope = dig(body, "metadata", "namespace") or "default"
                client.server_side_apply(found, body=body, namespace=scope, field_manager=step.manager)


def by_our_engine(cluster: EmbeddedCluster, _home: Path, steps: list[Step]) -> None:
    for step in steps:
        client = KubeClient(cluster.transport())  # a run of its own, which looks anew at what is served
        policy = evolve(QUICK, manager=step.manager, wait=False)
        report = applied(client, yaml.safe_dump_all(step.bodies), policy=policy)
        assert not set(actions(report).values()) - {"created", "configured", "unchanged"}, report


def outcome(play: Play, home: Path, steps: list[Step]) -> dict[tuple[str, ...], JsonObject]:
    """Everything that is in a fresh cluster afterwards, owners included."""
    home.mkdir()
    with EmbeddedCluster() as cluster:
        cluster.serve()
        play(cluster, home, steps)
        return {key: _comparable(body) for key, body in cluster.cluster.objects().items()}


def _comparable(body: JsonObject) -> JsonObject:
    metadata = dict(as_object(body["metadata"]))
    for name in ("uid", "resourceVersion", "creationTimestamp"):
        metadata.pop(name, None)
    metadata["managedFields"] = sorted(
        ({**as_object(entry), "time": ""} for entry in as_list(metadata.get("managedFields"))), key=repr
    )
    status = dict(as_object(body.get("status")))
    conditions = as_list(status.get("conditions"))
    status["conditions"] = [{**as_object(condition), "lastTransitionTime": ""} for condition in conditions]
    return {**body, "metadata": metadata, "status": status}


@pytest.mark.parametrize("bundle", BUNDLES)
def test_the_official_client_and_our_engine_leave_the_same(tmp_path: Path, bundle: str) -> None:
    official = outcome(by_the_official_client, tmp_path / "official", BUNDLES[bundle])
    assert outcome(by_our_engine, tmp_path / "engine", BUNDLES[bundle]) == official
    assert len(official) > 4, "there is nothing but the first namespaces"


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
@pytest.mark.parametrize("bundle", BUNDLES)
def test_kubectl_and_our_engine_leave_the_same(tmp_path: Path, bundle: str) -> None:
    kubectl = outcome(by_kubectl, tmp_path / "kubectl", BUNDLES[bundle])
    assert outcome(by_our_engine, tmp_path / "engine", BUNDLES[bundle]) == kubectl
