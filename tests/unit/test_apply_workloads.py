"""When a workload is ready, rule by rule; and that nothing is called failed that may still become ready."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness import State, assess
from brokkr_core.model.json import JsonObject
from engine_support import at, condition, counted, seen, with_status

READY, WAITS, FAILED = State.READY, State.IN_PROGRESS, State.FAILED

THREE: JsonObject = {"replicas": 3}
DEADLINE: JsonObject = {"replicas": 3, "progressDeadlineSeconds": 600}
COUNTS: JsonObject = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), 3)
PARTITION: JsonObject = {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}}
BY_HAND: JsonObject = {"replicas": 3, "updateStrategy": {"type": "OnDelete"}}
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
    (
        "Deployment of none",
        with_status("Deployment", seen(conditions=[condition("Available", "True")]), spec={"replicas": 0}),
        READY,
    ),
    ("Deployment lacks created", with_status("Deployment", counted(replicas=2), spec=THREE), WAITS),
    ("Deployment that does not say Available", with_status("Deployment", seen(**COUNTS), spec=THREE), WAITS),
    (
        "Deployment whose rollout is not complete",
        with_status("Deployment", counted(condition("Progressing", "True", "ReplicaSetUpdated")), spec=DEADLINE),
        WAITS,
    ),
    (
        "Deployment whose rollout is complete",
        with_status("Deployment", counted(condition("Progressing", "True", "NewReplicaSetAvailable")), spec=DEADLINE),
        READY,
    ),
    (
        "Deployment without a deadline says nothing of its progress",
        with_status("Deployment", counted(), spec={**DEADLINE, "progressDeadlineSeconds": 2**31 - 1}),
        READY,
    ),
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
    ("StatefulSet lacks current", with_status("StatefulSet", counted(currentReplicas=2), spec=THREE), WAITS),
    (
        "StatefulSet between two revisions",
        with_status("StatefulSet", {**counted(), "currentRevision": "web-1", "updateRevision": "web-2"}, spec=THREE),
        WAITS,
    ),
    ("StatefulSet of none, not observed", with_status("StatefulSet", {}, spec={"replicas": 0}), WAITS),
    ("StatefulSet updated by hand, not observed", with_status("StatefulSet", {}, spec=BY_HAND), WAITS),
    (
        "StatefulSet up to its partition",
        with_status(
            "StatefulSet",
            counted(updatedReplicas=1),
            spec=PARTITION,
        ),
        READY,
    ),
    (
        "StatefulSet short of its partition",
        with_status(
            "StatefulSet",
            counted(updatedReplicas=0),
            spec=PARTITION,
        ),
        WAITS,
    ),
    (
        "StatefulSet updated by hand",
        with_status("StatefulSet", counted(updatedReplicas=0), spec=BY_HAND),
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
        with_status("DaemonSet", seen(), spec=BY_HAND),
        READY,
    ),
    ("DaemonSet updated by hand, not observed", with_status("DaemonSet", spec=BY_HAND), WAITS),
    # ReplicaSet
    ("ReplicaSet without a status", with_status("ReplicaSet", spec=THREE), WAITS),
    ("ReplicaSet done", with_status("ReplicaSet", counted(), spec=THREE), READY),
    ("ReplicaSet lacks labelled", with_status("ReplicaSet", counted(fullyLabeledReplicas=2), spec=THREE), WAITS),
    ("ReplicationController without a status", with_status("ReplicationController", spec=THREE), WAITS),
    ("ReplicationController done", with_status("ReplicationController", counted(), spec=THREE), READY),
    ("ReplicationController lacks ready", with_status("ReplicationController", counted(readyReplicas=2)), WAITS),
    ("ReplicaSet lacks available", with_status("ReplicaSet", counted(availableReplicas=2), spec=THREE), WAITS),
    ("ReplicaSet lacks ready", with_status("ReplicaSet", counted(readyReplicas=2), spec=THREE), WAITS),
    ("ReplicaSet has old ones", with_status("ReplicaSet", counted(replicas=4), spec=THREE), WAITS),
    (
        "ReplicaSet cannot create pods",
        with_status("ReplicaSet", counted(condition("ReplicaFailure", "True"), readyReplicas=0), spec=THREE),
        WAITS,
    ),
]


@pytest.mark.parametrize(("body", "state"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_object_is_as_far_as_its_status_says(body: JsonObject, state: State) -> None:
    assert assess(body).state is state


@pytest.mark.parametrize("body", [row[1] for row in TABLE if row[2] is not READY], ids=lambda body: str(body["kind"]))
def test_what_is_not_ready_says_what_is_missing(body: JsonObject) -> None:
    found = assess(body)

    assert found.reason
    assert found.message


#: Ready, and somebody should know why that is not the whole story.
FLAGGED = [
    (with_status("Deployment", seen(), spec={"replicas": 3, "paused": True}), "Paused"),
    (with_status("StatefulSet", counted(updatedReplicas=1), spec=BY_HAND), "OnDelete"),
    (with_status("StatefulSet", counted(updatedReplicas=1), spec=PARTITION), "Partitioned"),
    (with_status("DaemonSet", seen(desiredNumberScheduled=0)), "NoMatchingNodes"),
    (with_status("DaemonSet", seen(**NODES), spec=BY_HAND), "OnDelete"),
]


@pytest.mark.parametrize(("body", "reason"), FLAGGED, ids=[row[1] for row in FLAGGED])
def test_what_is_ready_with_a_reservation_says_so(body: JsonObject, reason: str) -> None:
    found = assess(body)

    assert (found.state, found.reason, found.flagged) == (READY, reason, True)
    assert found.message


def test_a_paused_deployment_that_ran_out_of_time_has_failed() -> None:
    late = condition("Progressing", "False", "ProgressDeadlineExceeded")

    assert assess(with_status("Deployment", counted(late), spec={"paused": True})).state is FAILED


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
@pytest.mark.parametrize(("seconds", "state"), [(None, WAITS), (15, WAITS), (16, FAILED)])
def test_pods_that_cannot_be_created_are_a_failure_when_that_lasts(
    kind: str, seconds: int | None, state: State
) -> None:
    broken = condition("ReplicaFailure", "True", "FailedCreate", lastTransitionTime=str(at(0)))
    now = at(seconds) if seconds is not None else None

    assert assess(with_status(kind, counted(broken), spec=THREE), now=now).state is state


def test_a_deployment_says_why_its_pods_cannot_be_created_and_leaves_the_verdict_to_its_deadline() -> None:
    quota = condition("ReplicaFailure", "True", "FailedCreate", lastTransitionTime=str(at(0)))
    found = assess(with_status("Deployment", counted(quota, updatedReplicas=1), spec=THREE), now=at(1000))

    assert (found.state, found.reason) == (WAITS, "FailedCreate")
    assert "1 of 3 replicas updated" in found.message
    assert "in other words" in found.message
