"""When a workload is ready, rule by rule; and that nothing is called failed that may still become ready."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness import State, assess
from brokkr_core.model.json import JsonObject
from engine_support import condition, counted, seen, with_status

READY, WAITS, FAILED = State.READY, State.IN_PROGRESS, State.FAILED

THREE: JsonObject = {"replicas": 3}
NODES: JsonObject = {
    "desiredNumberScheduled": 2,
    "currentNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
    "numberReady": 2,
}

TABLE = [
    # Deployment
    ("Deployment without a status", with_status("Deployment", spec=THREE), WAITS),
    ("Deployment done", with_status("Deployment", counted(), spec=THREE), READY),
    ("Deployment of one by default", with_status("Deployment", counted(replicas=1), spec={}), READY),
    ("Deployment of none", with_status("Deployment", seen(), spec={"replicas": 0}), READY),
    ("Deployment lacks updated", with_status("Deployment", counted(updatedReplicas=2), spec=THREE), WAITS),
    ("Deployment has old ones", with_status("Deployment", counted(replicas=4), spec=THREE), WAITS),
    ("Deployment lacks available", with_status("Deployment", counted(availableReplicas=2), spec=THREE), WAITS),
    ("Deployment lacks ready", with_status("Deployment", counted(readyReplicas=2), spec=THREE), WAITS),
    (
        "Deployment not Available",
        with_status("Deployment", counted(condition("Available", "False")), spec=THREE),
        WAITS,
    ),
    ("Deployment paused", with_status("Deployment", seen(), spec={"replicas": 3, "paused": True}), READY),
    (
        "Deployment cannot create pods",
        with_status("Deployment", counted(condition("ReplicaFailure", "True"), updatedReplicas=0), spec=THREE),
        WAITS,
    ),
    (
        "Deployment past its deadline",
        with_status("Deployment", counted(condition("Progressing", "False", "ProgressDeadlineExceeded")), spec=THREE),
        FAILED,
    ),
    (
        "Deployment past the deadline of what it was",
        with_status(
            "Deployment",
            {**counted(condition("Progressing", "False", "ProgressDeadlineExceeded")), "observedGeneration": 1},
            spec=THREE,
        ),
        WAITS,
    ),
    # StatefulSet
    ("StatefulSet without a status", with_status("StatefulSet", spec=THREE), WAITS),
    ("StatefulSet done", with_status("StatefulSet", counted(), spec=THREE), READY),
    ("StatefulSet lacks created", with_status("StatefulSet", counted(replicas=2), spec=THREE), WAITS),
    ("StatefulSet lacks ready", with_status("StatefulSet", counted(readyReplicas=2), spec=THREE), WAITS),
    ("StatefulSet lacks updated", with_status("StatefulSet", counted(updatedReplicas=2), spec=THREE), WAITS),
    ("StatefulSet has old ones", with_status("StatefulSet", counted(replicas=4), spec=THREE), WAITS),
    (
        "StatefulSet up to its partition",
        with_status(
            "StatefulSet",
            counted(updatedReplicas=1),
            spec={"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
        ),
        READY,
    ),
    (
        "StatefulSet short of its partition",
        with_status(
            "StatefulSet",
            counted(updatedReplicas=0),
            spec={"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
        ),
        WAITS,
    ),
    (
        "StatefulSet updated by hand",
        with_status(
            "StatefulSet", counted(updatedReplicas=0), spec={"replicas": 3, "updateStrategy": {"type": "OnDelete"}}
        ),
        READY,
    ),
    # DaemonSet
    ("DaemonSet without a status", with_status("DaemonSet"), WAITS),
    ("DaemonSet not counted", with_status("DaemonSet", seen()), WAITS),
    ("DaemonSet done", with_status("DaemonSet", seen(**NODES)), READY),
    ("DaemonSet without nodes", with_status("DaemonSet", seen(desiredNumberScheduled=0)), READY),
    *(
        (f"DaemonSet lacks {member}", with_status("DaemonSet", seen(**{**NODES, member: 1})), WAITS)
        for member in ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")
    ),
    (
        "DaemonSet updated by hand",
        with_status("DaemonSet", seen(), spec={"updateStrategy": {"type": "OnDelete"}}),
        READY,
    ),
    # ReplicaSet
    ("ReplicaSet without a status", with_status("ReplicaSet", spec=THREE), WAITS),
    ("ReplicaSet done", with_status("ReplicaSet", counted(), spec=THREE), READY),
    ("ReplicaSet lacks available", with_status("ReplicaSet", counted(availableReplicas=2), spec=THREE), WAITS),
    ("ReplicaSet lacks ready", with_status("ReplicaSet", counted(readyReplicas=2), spec=THREE), WAITS),
    ("ReplicaSet has old ones", with_status("ReplicaSet", counted(replicas=4), spec=THREE), WAITS),
    (
        "ReplicaSet cannot create pods",
        with_status("ReplicaSet", counted(condition("ReplicaFailure", "True"), readyReplicas=0), spec=THREE),
        WAITS,
    ),
    # Job, CronJob
    ("Job without a status", with_status("Job"), WAITS),
    ("Job running", with_status("Job", {"active": 1, "startTime": "now"}), WAITS),
    ("Job with a failed pod and another try", with_status("Job", {"active": 1, "failed": 2}), WAITS),
    ("Job complete", with_status("Job", {"conditions": [condition("Complete", "True")]}), READY),
    ("Job failed", with_status("Job", {"conditions": [condition("Failed", "True", "BackoffLimitExceeded")]}), FAILED),
    ("Job suspended", with_status("Job", {}, spec={"suspend": True}), READY),
    ("CronJob", with_status("CronJob"), READY),
    # Pod
    ("Pod without a status", with_status("Pod"), WAITS),
    ("Pod pending", with_status("Pod", {"phase": "Pending"}), WAITS),
    (
        "Pod unschedulable",
        with_status("Pod", {"phase": "Pending", "conditions": [condition("PodScheduled", "False", "Unschedulable")]}),
        WAITS,
    ),
    (
        "Pod cannot pull",
        with_status(
            "Pod",
            {
                "phase": "Pending",
                "containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "ImagePullBackOff"}}}],
            },
        ),
        WAITS,
    ),
    ("Pod running", with_status("Pod", {"phase": "Running", "conditions": [condition("Ready", "False")]}), WAITS),
    ("Pod ready", with_status("Pod", {"phase": "Running", "conditions": [condition("Ready", "True")]}), READY),
    ("Pod succeeded", with_status("Pod", {"phase": "Succeeded", "conditions": [condition("Ready", "False")]}), READY),
    ("Pod failed", with_status("Pod", {"phase": "Failed"}), FAILED),
]


@pytest.mark.parametrize(("body", "state"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_object_is_as_far_as_its_status_says(body: JsonObject, state: State) -> None:
    assert assess(body).state is state


@pytest.mark.parametrize("body", [row[1] for row in TABLE if row[2] is not READY], ids=lambda body: str(body["kind"]))
def test_what_is_not_ready_says_what_is_missing(body: JsonObject) -> None:
    found = assess(body)

    assert found.reason
    assert found.message
