"""When an object is ready, rule by rule; and that nothing is called failed that may still become ready."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness import State, assess
from brokkr_core.model.json import Json, JsonObject

READY, WAITS, FAILED = State.READY, State.IN_PROGRESS, State.FAILED

KINDS = {
    "ConfigMap": "v1",
    "Gadget": "example.com/v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "Pod": "v1",
    "PersistentVolumeClaim": "v1",
    "Service": "v1",
    "Namespace": "v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "APIService": "apiregistration.k8s.io/v1",
}


def an_object(kind: str, status: Json = None, *, spec: Json = None, **metadata: Json) -> JsonObject:
    body: JsonObject = {"apiVersion": KINDS[kind], "kind": kind, "metadata": {"generation": 2, **metadata}}
    return body | ({"spec": spec} if spec is not None else {}) | ({"status": status} if status is not None else {})


def condition(kind: str, status: str, reason: str = "Because", **more: Json) -> JsonObject:
    return {"type": kind, "status": status, "reason": reason, "message": "in other words", **more}


def seen(**members: Json) -> JsonObject:
    return {"observedGeneration": 2, **members}


def counted(*conditions: JsonObject, **counts: int) -> JsonObject:
    base = {"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 3}
    return seen(**{**base, **counts}, conditions=[*conditions])


THREE: JsonObject = {"replicas": 3}
NODES: JsonObject = {
    "desiredNumberScheduled": 2,
    "currentNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
    "numberReady": 2,
}

TABLE = [
    # any kind
    ("no rule and no status", an_object("ConfigMap"), READY),
    ("being deleted", an_object("ConfigMap", deletionTimestamp="now"), WAITS),
    ("not observed", an_object("Gadget", {"observedGeneration": 1}), WAITS),
    ("observed", an_object("Gadget", {"observedGeneration": 2}), READY),
    ("observed as text", an_object("Gadget", {"observedGeneration": "1"}), READY),
    ("Ready", an_object("Gadget", {"conditions": [condition("Ready", "True")]}), READY),
    ("not Ready", an_object("Gadget", {"conditions": [condition("Ready", "False")]}), WAITS),
    ("Ready unknown", an_object("Gadget", {"conditions": [condition("Ready", "Unknown")]}), WAITS),
    ("Reconciling", an_object("Gadget", {"conditions": [condition("Reconciling", "True")]}), WAITS),
    ("Stalled", an_object("Gadget", {"conditions": [condition("Stalled", "True")]}), FAILED),
    ("not Stalled", an_object("Gadget", {"conditions": [condition("Stalled", "False")]}), READY),
    (
        "Stalled, not observed",
        an_object("Gadget", {"observedGeneration": 1, "conditions": [condition("Stalled", "True")]}),
        WAITS,
    ),
    (
        "Stalled before",
        an_object("Gadget", {"conditions": [condition("Stalled", "True", observedGeneration=1)]}),
        WAITS,
    ),
    ("Stalled now", an_object("Gadget", {"conditions": [condition("Stalled", "True", observedGeneration=2)]}), FAILED),
    ("Ready before", an_object("Gadget", {"conditions": [condition("Ready", "True", observedGeneration=1)]}), WAITS),
    ("Ready now", an_object("Gadget", {"conditions": [condition("Ready", "True", observedGeneration=2)]}), READY),
    (
        "another condition before",
        an_object("Gadget", {"conditions": [condition("Synced", "True", observedGeneration=1)]}),
        READY,
    ),
    (
        "Stalled and being deleted",
        an_object("Gadget", {"conditions": [condition("Stalled", "True")]}, deletionTimestamp="now"),
        WAITS,
    ),
    # Deployment
    ("Deployment without a status", an_object("Deployment", spec=THREE), WAITS),
    ("Deployment done", an_object("Deployment", counted(), spec=THREE), READY),
    ("Deployment of one by default", an_object("Deployment", counted(replicas=1), spec={}), READY),
    ("Deployment of none", an_object("Deployment", seen(), spec={"replicas": 0}), READY),
    ("Deployment lacks updated", an_object("Deployment", counted(updatedReplicas=2), spec=THREE), WAITS),
    ("Deployment has old ones", an_object("Deployment", counted(replicas=4), spec=THREE), WAITS),
    ("Deployment lacks available", an_object("Deployment", counted(availableReplicas=2), spec=THREE), WAITS),
    ("Deployment lacks ready", an_object("Deployment", counted(readyReplicas=2), spec=THREE), WAITS),
    ("Deployment not Available", an_object("Deployment", counted(condition("Available", "False")), spec=THREE), WAITS),
    ("Deployment paused", an_object("Deployment", seen(), spec={"replicas": 3, "paused": True}), READY),
    (
        "Deployment cannot create pods",
        an_object("Deployment", counted(condition("ReplicaFailure", "True"), updatedReplicas=0), spec=THREE),
        WAITS,
    ),
    (
        "Deployment past its deadline",
        an_object("Deployment", counted(condition("Progressing", "False", "ProgressDeadlineExceeded")), spec=THREE),
        FAILED,
    ),
    (
        "Deployment past the deadline of what it was",
        an_object(
            "Deployment",
            {**counted(condition("Progressing", "False", "ProgressDeadlineExceeded")), "observedGeneration": 1},
            spec=THREE,
        ),
        WAITS,
    ),
    # StatefulSet
    ("StatefulSet without a status", an_object("StatefulSet", spec=THREE), WAITS),
    ("StatefulSet done", an_object("StatefulSet", counted(), spec=THREE), READY),
    ("StatefulSet lacks created", an_object("StatefulSet", counted(replicas=2), spec=THREE), WAITS),
    ("StatefulSet lacks ready", an_object("StatefulSet", counted(readyReplicas=2), spec=THREE), WAITS),
    ("StatefulSet lacks updated", an_object("StatefulSet", counted(updatedReplicas=2), spec=THREE), WAITS),
    ("StatefulSet has old ones", an_object("StatefulSet", counted(replicas=4), spec=THREE), WAITS),
    (
        "StatefulSet up to its partition",
        an_object(
            "StatefulSet",
            counted(updatedReplicas=1),
            spec={"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
        ),
        READY,
    ),
    (
        "StatefulSet short of its partition",
        an_object(
            "StatefulSet",
            counted(updatedReplicas=0),
            spec={"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
        ),
        WAITS,
    ),
    (
        "StatefulSet updated by hand",
        an_object(
            "StatefulSet", counted(updatedReplicas=0), spec={"replicas": 3, "updateStrategy": {"type": "OnDelete"}}
        ),
        READY,
    ),
    # DaemonSet
    ("DaemonSet without a status", an_object("DaemonSet"), WAITS),
    ("DaemonSet not counted", an_object("DaemonSet", seen()), WAITS),
    ("DaemonSet done", an_object("DaemonSet", seen(**NODES)), READY),
    ("DaemonSet without nodes", an_object("DaemonSet", seen(desiredNumberScheduled=0)), READY),
    *(
        (f"DaemonSet lacks {member}", an_object("DaemonSet", seen(**{**NODES, member: 1})), WAITS)
        for member in ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")
    ),
    ("DaemonSet updated by hand", an_object("DaemonSet", seen(), spec={"updateStrategy": {"type": "OnDelete"}}), READY),
    # ReplicaSet
    ("ReplicaSet without a status", an_object("ReplicaSet", spec=THREE), WAITS),
    ("ReplicaSet done", an_object("ReplicaSet", counted(), spec=THREE), READY),
    ("ReplicaSet lacks available", an_object("ReplicaSet", counted(availableReplicas=2), spec=THREE), WAITS),
    ("ReplicaSet lacks ready", an_object("ReplicaSet", counted(readyReplicas=2), spec=THREE), WAITS),
    ("ReplicaSet has old ones", an_object("ReplicaSet", counted(replicas=4), spec=THREE), WAITS),
    (
        "ReplicaSet cannot create pods",
        an_object("ReplicaSet", counted(condition("ReplicaFailure", "True"), readyReplicas=0), spec=THREE),
        WAITS,
    ),
    # Job, CronJob
    ("Job without a status", an_object("Job"), WAITS),
    ("Job running", an_object("Job", {"active": 1, "startTime": "now"}), WAITS),
    ("Job with a failed pod and another try", an_object("Job", {"active": 1, "failed": 2}), WAITS),
    ("Job complete", an_object("Job", {"conditions": [condition("Complete", "True")]}), READY),
    ("Job failed", an_object("Job", {"conditions": [condition("Failed", "True", "BackoffLimitExceeded")]}), FAILED),
    ("Job suspended", an_object("Job", {}, spec={"suspend": True}), READY),
    ("CronJob", an_object("CronJob"), READY),
    # Pod
    ("Pod without a status", an_object("Pod"), WAITS),
    ("Pod pending", an_object("Pod", {"phase": "Pending"}), WAITS),
    (
        "Pod unschedulable",
        an_object("Pod", {"phase": "Pending", "conditions": [condition("PodScheduled", "False", "Unschedulable")]}),
        WAITS,
    ),
    (
        "Pod cannot pull",
        an_object(
            "Pod",
            {
                "phase": "Pending",
                "containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "ImagePullBackOff"}}}],
            },
        ),
        WAITS,
    ),
    ("Pod running", an_object("Pod", {"phase": "Running", "conditions": [condition("Ready", "False")]}), WAITS),
    ("Pod ready", an_object("Pod", {"phase": "Running", "conditions": [condition("Ready", "True")]}), READY),
    ("Pod succeeded", an_object("Pod", {"phase": "Succeeded", "conditions": [condition("Ready", "False")]}), READY),
    ("Pod failed", an_object("Pod", {"phase": "Failed"}), FAILED),
    # storage, network
    ("claim that waits for its consumer", an_object("PersistentVolumeClaim", {"phase": "Pending"}), READY),
    ("claim bound", an_object("PersistentVolumeClaim", {"phase": "Bound"}), READY),
    ("claim lost", an_object("PersistentVolumeClaim", {"phase": "Lost"}), FAILED),
    ("Service of a cluster address", an_object("Service", {"loadBalancer": {}}, spec={"type": "ClusterIP"}), READY),
    (
        "load balancer without an address",
        an_object("Service", {"loadBalancer": {}}, spec={"type": "LoadBalancer"}),
        WAITS,
    ),
    (
        "load balancer",
        an_object("Service", {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}, spec={"type": "LoadBalancer"}),
        READY,
    ),
    # what others need
    ("Namespace active", an_object("Namespace", {"phase": "Active"}), READY),
    ("Namespace terminating", an_object("Namespace", {"phase": "Terminating"}), WAITS),
    ("definition without a status", an_object("CustomResourceDefinition"), WAITS),
    (
        "definition installing",
        an_object(
            "CustomResourceDefinition",
            {"conditions": [condition("NamesAccepted", "True"), condition("Established", "False", "Installing")]},
        ),
        WAITS,
    ),
    (
        "definition established",
        an_object(
            "CustomResourceDefinition",
            {"conditions": [condition("NamesAccepted", "True"), condition("Established", "True")]},
        ),
        READY,
    ),
    (
        "definition established without its names",
        an_object("CustomResourceDefinition", {"conditions": [condition("Established", "True")]}),
        WAITS,
    ),
    (
        "definition whose names are taken",
        an_object(
            "CustomResourceDefinition",
            {
                "conditions": [
                    condition("NamesAccepted", "False", "ListKindConflict"),
                    condition("Established", "False", "NotAccepted"),
                ]
            },
        ),
        FAILED,
    ),
    ("APIService without a status", an_object("APIService"), WAITS),
    (
        "APIService not available",
        an_object("APIService", {"conditions": [condition("Available", "False", "MissingEndpoints")]}),
        WAITS,
    ),
    ("APIService available", an_object("APIService", {"conditions": [condition("Available", "True")]}), READY),
]


@pytest.mark.parametrize(("body", "state"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_object_is_as_far_as_its_status_says(body: JsonObject, state: State) -> None:
    assert assess(body).state is state


@pytest.mark.parametrize("body", [row[1] for row in TABLE if row[2] is not READY], ids=lambda body: str(body["kind"]))
def test_what_is_not_ready_says_what_is_missing(body: JsonObject) -> None:
    found = assess(body)

    assert found.reason
    assert found.message


@pytest.mark.parametrize("status", [None, "text", 7, [], {}, {"conditions": "x"}, {"conditions": [None, "x", {}]}])
@pytest.mark.parametrize("kind", KINDS)
def test_a_status_that_makes_no_sense_is_never_a_failure(kind: str, status: Json) -> None:
    assert assess(an_object(kind, status)).state is not FAILED


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_is_being_deleted_is_neither_ready_nor_failed(kind: str) -> None:
    conditions: list[Json] = [condition("Ready", "True"), condition("Failed", "True"), condition("Stalled", "True")]
    found = assess(
        an_object(kind, {"phase": "Failed", "conditions": conditions}, deletionTimestamp="now", finalizers=["x/y"])
    )

    assert found.state is WAITS
    assert "x/y" in found.message


@pytest.mark.parametrize("kind", KINDS)
def test_a_status_of_an_earlier_generation_never_fails_an_object(kind: str) -> None:
    conditions: list[Json] = [
        condition("Failed", "True"),
        condition("Stalled", "True"),
        condition("NamesAccepted", "False"),
        condition("Progressing", "False", "ProgressDeadlineExceeded"),
    ]

    assert (
        assess(an_object(kind, {"observedGeneration": 1, "phase": "Failed", "conditions": conditions})).state is WAITS
    )
