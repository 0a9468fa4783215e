"""Objects that name others outside of pod specs: permissions, storage, scaling, disruption, routing, owners."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.ordering import order
from ordering_objects import (
    RBAC,
    a_budget,
    a_config_map,
    a_deployment,
    a_secret,
    a_service,
    a_service_account,
    an_object,
    edge_between,
)


def the_edge(before: Manifest, after: Manifest, *others: Manifest) -> Edge | None:
    return edge_between(order([after, before, *others]), before, after)


def a_binding(kind: str, role_kind: str, *subjects: Json, namespace: str = "") -> Manifest:
    role: JsonObject = {"kind": role_kind, "name": "reader"}
    return an_object(RBAC, kind, "readers", namespace, {"roleRef": role, "subjects": [*subjects]})


ACCOUNT = a_service_account("robot")
SUBJECT: JsonObject = {"kind": "ServiceAccount", "name": "robot", "namespace": "shop"}
BINDING = a_binding("RoleBinding", "Role", {"kind": "User", "name": "robot"}, SUBJECT, namespace="shop")


@pytest.mark.parametrize(
    ("role", "binding"),
    [
        (an_object(RBAC, "Role", "reader", "shop"), a_binding("RoleBinding", "Role", namespace="shop")),
        (an_object(RBAC, "ClusterRole", "reader"), a_binding("RoleBinding", "ClusterRole", namespace="shop")),
        (an_object(RBAC, "ClusterRole", "reader"), a_binding("ClusterRoleBinding", "ClusterRole")),
    ],
    ids=["role", "cluster role in a namespace", "cluster role"],
)
def test_a_role_goes_before_its_binding(role: Manifest, binding: Manifest) -> None:
    edge = the_edge(role, binding)
    assert edge is not None
    assert edge.hard
    assert edge.because == f"it grants this {role.ref.kind} at roleRef"


def test_a_role_of_another_namespace_is_another_role() -> None:
    role = an_object(RBAC, "Role", "reader", "other")
    assert the_edge(role, a_binding("RoleBinding", "Role", namespace="shop")) is None


def test_a_service_account_goes_before_the_binding_that_names_it() -> None:
    edge = the_edge(ACCOUNT, BINDING)
    assert edge is not None
    assert edge.hard
    assert edge.because == "it grants to this ServiceAccount at subjects[1]"


def test_a_binding_is_advised_before_the_workload_that_runs_with_its_rights() -> None:
    web = a_deployment("web", spec={"serviceAccountName": "robot"})
    edge = the_edge(BINDING, web, ACCOUNT)
    assert edge is not None
    assert not edge.hard
    assert edge.because == "it runs as ServiceAccount/shop/robot, to which this RoleBinding grants rights"


@pytest.mark.parametrize("field", ["secrets", "imagePullSecrets"])
def test_the_secrets_of_a_service_account_are_advised_before_it(field: str) -> None:
    edge = the_edge(a_secret("key"), a_service_account("robot", body={field: [{"name": "key"}]}))
    assert edge is not None
    assert not edge.hard
    assert edge.because == f"it lists this Secret at {field}[0]"


def test_the_token_of_a_service_account_goes_after_it_even_when_the_account_lists_it() -> None:
    account = a_service_account("robot", body={"secrets": [{"name": "token"}]})
    token = an_object(
        "v1",
        "Secret",
        "token",
        "shop",
        {"type": "kubernetes.io/service-account-token"},
        annotations={"kubernetes.io/service-account.name": "robot"},
    )
    plan = order([token, account])
    assert [manifest.ref for manifest in plan.manifests] == [account.ref, token.ref]
    assert [edge.because for edge in plan.dropped] == ["it lists this Secret at secrets[0]"]


STORAGE_CLASS = an_object("storage.k8s.io/v1", "StorageClass", "fast")


@pytest.mark.parametrize(
    ("after", "where"),
    [
        (
            an_object("v1", "PersistentVolumeClaim", "data", "shop", {"spec": {"storageClassName": "fast"}}),
            "spec.storageClassName",
        ),
        (
            an_object("v1", "PersistentVolume", "disk", body={"spec": {"storageClassName": "fast"}}),
            "spec.storageClassName",
        ),
        (
            an_object(
                "apps/v1",
                "StatefulSet",
                "db",
                "shop",
                {"spec": {"volumeClaimTemplates": [{"spec": {"storageClassName": "fast"}}]}},
            ),
            "spec.volumeClaimTemplates[0]",
        ),
    ],
    ids=["claim", "volume", "stateful set"],
)
def test_a_storage_class_goes_before_what_asks_for_it(after: Manifest, where: str) -> None:
    edge = the_edge(STORAGE_CLASS, after)
    assert edge is not None
    assert edge.hard
    assert edge.because == f"it asks for storage of this StorageClass at {where}"


def test_a_volume_goes_before_the_claim_that_names_it() -> None:
    claim = an_object("v1", "PersistentVolumeClaim", "data", "shop", {"spec": {"volumeName": "disk"}})
    edge = the_edge(an_object("v1", "PersistentVolume", "disk"), claim)
    assert edge is not None
    assert edge.hard


def test_the_governing_service_goes_before_its_stateful_set() -> None:
    workload = an_object("apps/v1", "StatefulSet", "db", "shop", {"spec": {"serviceName": "db"}})
    edge = the_edge(a_service("db"), workload)
    assert edge is not None
    assert edge.hard


def test_a_service_waits_for_nothing_but_its_namespace() -> None:
    web = a_deployment("web")
    assert order([a_service("web", selector={"app": "web"}), web]).edges == ()


def test_an_autoscaler_goes_after_what_it_scales() -> None:
    target: JsonObject = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    scaler = an_object("autoscaling/v2", "HorizontalPodAutoscaler", "web", "shop", {"spec": {"scaleTargetRef": target}})
    edge = the_edge(a_deployment("web"), scaler)
    assert edge is not None
    assert edge.hard


@pytest.mark.parametrize(
    ("selector", "protected"),
    [
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "other"}}, False),
        ({"matchLabels": {"app": "web", "tier": "front"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["back"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
        ({}, True),
        (None, False),
    ],
    ids=[
        "same",
        "other",
        "more",
        "in",
        "not in",
        "not in, absent",
        "absent",
        "present",
        "empty selects all",
        "none selects none",
    ],
)
def test_a_disruption_budget_is_advised_before_the_workloads_it_selects(
    selector: JsonObject | None, protected: bool
) -> None:
    edge = the_edge(a_budget("web", "shop", selector), a_deployment("web", pods={"app": "web"}))
    assert (edge is not None) == protected
    assert edge is None or not edge.hard


def test_a_disruption_budget_protects_its_own_namespace_only() -> None:
    assert the_edge(a_budget("web", "other", {}), a_deployment("web")) is None


def an_ingress(spec: JsonObject, api_version: str = "networking.k8s.io/v1") -> Manifest:
    return an_object(api_version, "Ingress", "front", "shop", {"spec": spec})


def a_route(backend: JsonObject) -> JsonObject:
    return {"rules": [{"host": "tcp-only"}, {"http": {"paths": [{"backend": backend}]}}]}


@pytest.mark.parametrize(
    ("before", "ingress", "hard", "because"),
    [
        (
            an_object("networking.k8s.io/v1", "IngressClass", "nginx"),
            an_ingress({"ingressClassName": "nginx"}),
            True,
            "it is of this IngressClass at spec.ingressClassName",
        ),
        (
            a_service("web"),
            an_ingress({"defaultBackend": {"service": {"name": "web"}}}),
            False,
            "it routes to this Service at spec.defaultBackend",
        ),
        (
            a_service("web"),
            an_ingress(a_route({"service": {"name": "web"}})),
            False,
            "it routes to this Service at spec.rules[1].http.paths[0]",
        ),
        (
            a_service("web"),
            an_ingress(a_route({"serviceName": "web"}), "extensions/v1beta1"),
            False,
            "it routes to this Service at spec.rules[1].http.paths[0]",
        ),
        (
            a_secret("cert"),
            an_ingress({"tls": [{"hosts": ["x"]}, {"secretName": "cert"}]}),
            False,
            "it serves TLS with this Secret at spec.tls[1]",
        ),
    ],
    ids=["class", "default backend", "path", "beta path", "tls"],
)
def test_an_ingress_goes_after_what_it_names(before: Manifest, ingress: Manifest, hard: bool, because: str) -> None:
    edge = the_edge(before, ingress)
    assert edge is not None
    assert (edge.hard, edge.because) == (hard, because)


@pytest.mark.parametrize("kind", ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"])
def test_an_admission_policy_goes_before_its_binding(kind: str) -> None:
    group = "admissionregistration.k8s.io/v1"
    binding = an_object(group, f"{kind}Binding", "bind", body={"spec": {"policyName": "rule"}})
    edge = the_edge(an_object(group, kind, "rule"), binding)
    assert edge is not None
    assert edge.hard


@pytest.mark.parametrize("kind", ["NetworkPolicy", "ResourceQuota", "LimitRange"])
def test_guards_wait_for_nothing_and_nothing_waits_for_them_yet_they_go_first(kind: str) -> None:
    api_version = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
    guard = an_object(api_version, kind, "guard", "shop")
    web = a_deployment("web", spec={"imagePullSecrets": [{"name": "key"}]})
    plan = order([web, a_secret("key"), guard])
    assert plan.manifests[0] == guard
    assert all(guard.ref not in {edge.before, edge.after} for edge in plan.edges)


def owned_by(owner: Manifest, namespace: str = "shop") -> Manifest:
    reference: JsonObject = {
        "apiVersion": owner.ref.api_version,
        "kind": owner.ref.kind,
        "name": owner.ref.name,
        "uid": "u",
    }
    return an_object("v1", "ConfigMap", "child", namespace, owners=[reference])


@pytest.mark.parametrize(
    "owner",
    [a_config_map("parent"), an_object(RBAC, "ClusterRole", "parent")],
    ids=["same namespace", "cluster-scoped"],
)
def test_an_owner_goes_before_what_it_owns(owner: Manifest) -> None:
    edge = the_edge(owner, owned_by(owner))
    assert edge is not None
    assert (edge.kind, edge.hard) == (EdgeKind.OWNER, True)
    assert edge.because == f"it is owned by this {owner.ref.kind} at metadata.ownerReferences[0]"


def test_an_owner_of_another_namespace_is_no_owner() -> None:
    owner = a_config_map("parent", "other")
    assert the_edge(owner, owned_by(owner)) is None
