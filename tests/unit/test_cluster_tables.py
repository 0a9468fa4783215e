"""The table of built-in kinds and the reading of quantities and selectors: small pure parts."""

from __future__ import annotations

import pytest

from brokkr_core.testing.cluster.identity import Counted
from brokkr_core.testing.cluster.kinds import builtin_resources
from brokkr_core.testing.cluster.patches.json_patch import PatchError, apply_json_patch
from brokkr_core.testing.cluster.quantity import canonical
from brokkr_core.testing.cluster.resource import Resource
from brokkr_core.testing.cluster.schema import ListKind, Node
from brokkr_core.testing.cluster.tables.generate import plural_of


def by_kind(kind: str) -> Resource:
    return next(resource for resource in builtin_resources() if resource.kind == kind)


def place(kind: str, *path: str) -> Node:
    node = by_kind(kind).node
    for name in path:
        node = node.item if name == "[]" else node.child(name)
    return node


def test_every_kind_a_manifest_may_hold_is_served() -> None:
    kinds = {resource.kind for resource in builtin_resources()}
    assert {
        "ConfigMap", "Secret", "Service", "ServiceAccount", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob",
        "Ingress", "NetworkPolicy", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Namespace", "Lease",
        "CustomResourceDefinition", "ValidatingWebhookConfiguration", "PersistentVolumeClaim", "PriorityClass",
        "HorizontalPodAutoscaler", "PodDisruptionBudget", "StorageClass", "APIService", "ResourceQuota", "Endpoints",
    } <= kinds  # fmt: skip


def test_cluster_scope_is_known() -> None:
    assert not by_kind("ClusterRole").namespaced
    assert by_kind("Role").namespaced


def test_lists_know_their_keys() -> None:
    ports = place("Pod", "spec", "containers", "[]", "ports")
    assert (ports.list_kind, ports.keys) == (ListKind.MAP, ("containerPort", "protocol"))
    assert place("ConfigMap", "metadata", "finalizers").list_kind is ListKind.SET
    assert place("Pod", "spec", "tolerations").atomic


def test_strategic_patches_know_their_merge_keys() -> None:
    assert place("Pod", "spec", "volumes").merge_key == "name"
    assert place("Service", "spec", "ports").merge_key == "port"


def test_selectors_are_atomic() -> None:
    assert place("Deployment", "spec", "selector").atomic
    assert place("Service", "spec", "selector").atomic


def test_a_schema_that_contains_itself_can_be_walked() -> None:
    root = ("spec", "versions", "[]", "schema", "openAPIV3Schema")
    deep = place("CustomResourceDefinition", *root, "properties", "a", "properties", "b", "items")
    assert deep is not None


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Pod", "pods"),
        ("Endpoints", "endpoints"),
        ("Ingress", "ingresses"),
        ("NetworkPolicy", "networkpolicies"),
        ("Gateway", "gateways"),
    ],
)
def test_plurals_are_formed_like_the_servers(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0", "0"), ("1", "1"), ("0.5", "500m"), ("1000m", "1"), ("1.5Gi", "1536Mi"), ("1024Mi", "1Gi"),
        ("1000Ki", "1000Ki"), ("512", "512"), ("1e3", "1e3"), ("5E", "5E"), ("0.0000000001", "1n"), ("-2", "-2"),
    ],
)  # fmt: skip
def test_quantities_settle(written: str, kept: str) -> None:
    assert canonical(written) == kept


@pytest.mark.parametrize("written", ["", "one", "1 Gi", "1Qi", "--1"])
def test_what_is_no_quantity_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="quantities must match"):
        canonical(written)


def test_counted_names_and_uids_never_repeat() -> None:
    counted = Counted()
    assert len({counted.suffix() for _ in range(5000)}) == 5000
    assert len({counted.uid() for _ in range(5000)}) == 5000


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/b"},
        {"op": "replace", "path": "/b", "value": 1},
        {"op": "test", "path": "/a", "value": 2},
        {"op": "add", "path": "/x/y", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": "/b"},
        {"op": "fly", "path": "/a"},
        {"op": "move", "from": "/zzz", "path": "/a"},
        {"op": "remove", "path": ""},
    ],
)
def test_json_patches_that_cannot_be_carried_out_are_refused(operation: dict[str, str | int]) -> None:
    with pytest.raises(PatchError):
        apply_json_patch({"a": 1, "list": []}, [{**operation}])


def test_json_patches_reach_into_lists_and_escaped_names() -> None:
    patch: list[dict[str, object]] = [
        {"op": "add", "path": "/list/-", "value": 3},
        {"op": "add", "path": "/list/0", "value": 0},
        {"op": "add", "path": "/a~1b~0c", "value": 1},
    ]
    assert apply_json_patch({"list": [1]}, patch) == {"list": [0, 1, 3], "a/b~c": 1}  # type: ignore[arg-type]
