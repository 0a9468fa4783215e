"""When storage, network, and what extends or governs a cluster are ready; and what is only said about them."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness import RULES, Facts, State, assess
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import GroupKind
from engine_support import API_VERSIONS, at, condition, seen, with_status

READY, WAITS, FAILED = State.READY, State.IN_PROGRESS, State.FAILED

ADDRESS: JsonObject = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
SELECTOR: JsonObject = {"app": "web"}
HOOK: JsonObject = {"name": "check.example.com", "clientConfig": {"service": {"name": "hook"}}}
TRUSTED: JsonObject = {"name": "check.example.com", "clientConfig": {"service": {"name": "hook"}, "caBundle": "eA=="}}
OUTSIDE: JsonObject = {"name": "check.example.com", "clientConfig": {"url": "https://hook.example.com"}}


def hooks(kind: str, *entries: JsonObject) -> JsonObject:
    return {**with_status(kind), "webhooks": [*entries]}


TABLE = [
    ("claim without a status", with_status("PersistentVolumeClaim"), READY, "NotBound"),
    ("claim pending", with_status("PersistentVolumeClaim", {"phase": "Pending"}), READY, "NotBound"),
    ("claim bound", with_status("PersistentVolumeClaim", {"phase": "Bound"}), READY, ""),
    ("claim lost", with_status("PersistentVolumeClaim", {"phase": "Lost"}), FAILED, "Lost"),
    (
        "claim that grows",
        with_status("PersistentVolumeClaim", {"phase": "Bound", "conditions": [condition("Resizing", "True")]}),
        READY,
        "Resizing",
    ),
    ("volume without a status", with_status("PersistentVolume"), READY, ""),
    ("volume pending", with_status("PersistentVolume", {"phase": "Pending"}), WAITS, "Pending"),
    ("volume available", with_status("PersistentVolume", {"phase": "Available"}), READY, ""),
    ("volume bound", with_status("PersistentVolume", {"phase": "Bound"}), READY, ""),
    ("volume released", with_status("PersistentVolume", {"phase": "Released"}), READY, "Released"),
    ("volume failed", with_status("PersistentVolume", {"phase": "Failed", "message": "no"}), FAILED, "Failed"),
    ("Service", with_status("Service", spec={"type": "ClusterIP", "selector": SELECTOR}), READY, ""),
    ("Service without a selector", with_status("Service", spec={"type": "ClusterIP"}), READY, "NoSelector"),
    ("Service elsewhere", with_status("Service", spec={"type": "ExternalName"}), READY, ""),
    (
        "load balancer without an address",
        with_status("Service", {"loadBalancer": {}}, spec={"type": "LoadBalancer", "selector": SELECTOR}),
        WAITS,
        "NoAddress",
    ),
    ("load balancer", with_status("Service", ADDRESS, spec={"type": "LoadBalancer", "selector": SELECTOR}), READY, ""),
    ("Ingress without an address", with_status("Ingress", {"loadBalancer": {}}), READY, "NoAddress"),
    ("Ingress", with_status("Ingress", ADDRESS), READY, ""),
    ("Namespace without a status", with_status("Namespace"), WAITS, "NotActive"),
    ("Namespace active", with_status("Namespace", {"phase": "Active"}), READY, ""),
    ("budget not observed", with_status("PodDisruptionBudget"), WAITS, "NotObserved"),
    ("budget of before", with_status("PodDisruptionBudget", {"observedGeneration": 1}), WAITS, "NotObserved"),
    ("budget", with_status("PodDisruptionBudget", seen()), READY, ""),
    (
        "budget that allows nothing now",
        with_status("PodDisruptionBudget", seen(conditions=[condition("DisruptionAllowed", "False", "Few")])),
        READY,
        "Few",
    ),
    ("autoscaler without a status", with_status("HorizontalPodAutoscaler"), READY, ""),
    (
        "autoscaler without metrics",
        with_status(
            "HorizontalPodAutoscaler", {"conditions": [condition("ScalingActive", "False", "FailedGetResourceMetric")]}
        ),
        READY,
        "FailedGetResourceMetric",
    ),
    (
        "autoscaler that rests",
        with_status(
            "HorizontalPodAutoscaler", {"conditions": [condition("ScalingActive", "False", "ScalingDisabled")]}
        ),
        READY,
        "",
    ),
    ("mutating webhook", hooks("MutatingWebhookConfiguration", TRUSTED, HOOK), READY, "NoCaBundle"),
    ("validating webhook", hooks("ValidatingWebhookConfiguration", TRUSTED), READY, ""),
    ("webhook outside the cluster", hooks("ValidatingWebhookConfiguration", OUTSIDE), READY, ""),
]


@pytest.mark.parametrize(("body", "state", "reason"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_object_is_as_far_as_its_status_says(body: JsonObject, state: State, reason: str) -> None:
    found = assess(body)

    assert (found.state, found.reason) == (state, reason)
    assert found.message or not reason


def test_every_kind_with_a_rule_takes_part_in_the_tests_of_all_kinds() -> None:
    tried = {
        GroupKind(group=version.rpartition("/")[0], kind=kind)
        for kind, version in API_VERSIONS.items()
        if kind not in ("ConfigMap", "Gadget")
    }

    assert tried == set(RULES)


@pytest.mark.parametrize(
    ("mode", "state", "reason"),
    [("", READY, "NotBound"), ("WaitForFirstConsumer", READY, "Deferred"), ("Immediate", WAITS, "Pending")],
)
def test_a_claim_is_waited_for_only_where_waiting_cannot_hold_up_its_own_pod(
    mode: str, state: State, reason: str
) -> None:
    found = assess(with_status("PersistentVolumeClaim", {"phase": "Pending"}), facts=Facts(binding_mode=mode))

    assert (found.state, found.reason) == (state, reason)


@pytest.mark.parametrize(
    ("subresource", "seconds", "state", "reason"),
    [
        (None, 100, READY, ""),
        (False, 100, READY, ""),
        (True, None, WAITS, "NotObserved"),
        (True, 30, WAITS, "NotObserved"),
        (True, 31, READY, "NoStatus"),
    ],
)
def test_a_custom_resource_that_could_have_a_status_is_not_observed_until_it_has_one(
    subresource: bool | None, seconds: int | None, state: State, reason: str
) -> None:
    now = at(seconds) if seconds is not None else None
    body = with_status("Gadget", {}, creationTimestamp=str(at(0)))
    found = assess(body, now=now, facts=Facts(status_subresource=subresource))

    assert (found.state, found.reason) == (state, reason)


def test_a_custom_resource_with_a_status_needs_no_grace() -> None:
    body = with_status("Gadget", {"phase": "Running"})

    assert assess(body, facts=Facts(status_subresource=True)).state is READY


def test_a_kind_that_comes_with_kubernetes_may_have_no_status() -> None:
    for version in ("v1", "networking.k8s.io/v1", "resource.k8s.io/v1"):
        body = {**with_status("Gadget"), "apiVersion": version}
        assert assess(body, facts=Facts(status_subresource=True)).state is READY


@pytest.mark.parametrize(
    ("first", "state"), [(("Reconciling", "Stalled"), WAITS), (("Stalled", "Reconciling"), FAILED)]
)
def test_of_reconciling_and_stalled_the_first_in_the_list_is_believed(first: tuple[str, str], state: State) -> None:
    conditions = [condition(name, "True") for name in first]

    assert assess(with_status("Gadget", {"conditions": [*conditions]})).state is state


def test_a_status_of_a_later_generation_is_not_about_this_object_either() -> None:
    assert assess(with_status("Gadget", {"observedGeneration": 3})).reason == "NotObserved"


def test_a_namespace_that_does_not_go_says_what_it_still_holds() -> None:
    left = condition("NamespaceContentRemaining", "True")
    body = with_status("Namespace", {"phase": "Terminating", "conditions": [left]}, deletionTimestamp="now")

    assert "in other words" in assess(body).message
    assert assess(with_status("Namespace", {"phase": "Terminating"})).state is WAITS
