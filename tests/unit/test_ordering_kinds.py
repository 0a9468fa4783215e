"""What is known about kinds: ranks, scope, plurals."""

from __future__ import annotations

from itertools import pairwise

import pytest

from brokkr_core.model.ref import GroupKind
from brokkr_core.ordering.kinds import is_namespaced, plural_of, rank_of


def a_kind(text: str) -> GroupKind:
    group, _, kind = text.rpartition("/")
    return GroupKind(group=group, kind=kind)


def test_kinds_that_others_rely_on_rank_first_and_webhooks_last() -> None:
    expected = [
        "Namespace",
        "scheduling.k8s.io/PriorityClass",
        "networking.k8s.io/NetworkPolicy",
        "ServiceAccount",
        "rbac.authorization.k8s.io/ClusterRole",
        "rbac.authorization.k8s.io/RoleBinding",
        "Secret",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Service",
        "policy/PodDisruptionBudget",
        "apps/Deployment",
        "batch/Job",
        "autoscaling/HorizontalPodAutoscaler",
        "networking.k8s.io/Ingress",
        "example.com/Widget",
        "apiregistration.k8s.io/APIService",
        "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io/MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
    ]
    ranks = [rank_of(a_kind(text)) for text in expected]
    assert all(earlier < later for earlier, later in pairwise(ranks))


def test_namespaces_and_definitions_are_not_ranked_against_each_other() -> None:
    assert rank_of(a_kind("Namespace")) == rank_of(a_kind("apiextensions.k8s.io/CustomResourceDefinition"))


def test_a_kind_is_known_by_its_group_too() -> None:
    assert rank_of(a_kind("serving.knative.dev/Service")) == rank_of(a_kind("example.com/Widget"))
    assert is_namespaced(a_kind("management.cattle.io/Namespace")) is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Namespace", False),
        ("rbac.authorization.k8s.io/ClusterRole", False),
        ("rbac.authorization.k8s.io/Role", True),
        ("ConfigMap", True),
        ("apps/Deployment", True),
        ("example.com/Widget", None),
        ("gateway.networking.k8s.io/GatewayClass", False),
        ("gateway.networking.k8s.io/Unheard", None),
    ],
)
def test_the_scope_of_a_kind_is_known_or_left_to_the_cluster(kind: str, expected: bool | None) -> None:
    assert is_namespaced(a_kind(kind)) is expected


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Deployment", "deployments"),
        ("Ingress", "ingresses"),
        ("NetworkPolicy", "networkpolicies"),
        ("Endpoints", "endpoints"),
        ("Gateway", "gateways"),
        ("EndpointSlice", "endpointslices"),
    ],
)
def test_the_plural_of_a_kind_is_guessed_as_english_has_it(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural
