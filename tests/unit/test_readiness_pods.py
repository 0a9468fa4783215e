"""When a Pod and a Job are ready, and for how long trouble may last before it is a failure."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness import State, assess, gone
from brokkr_core.model.json import Json, JsonObject, as_object
from engine_support import at, condition, with_status

READY, WAITS, FAILED = State.READY, State.IN_PROGRESS, State.FAILED

BORN = str(at(0))
ONCE: JsonObject = {"brokkr.io/ready-when": "ended"}
STARTED: JsonObject = {"brokkr.io/ready-when": "started"}
NOWHERE = condition("PodScheduled", "False", "Unschedulable")


def container(reason: str = "", *, name: str = "a", **state: Json) -> JsonObject:
    return {"name": name, "state": {"waiting": {"reason": reason}} if reason else state}


def pod(
    phase: str = "Pending", *conditions: Json, annotations: JsonObject | None = None, **members: Json
) -> JsonObject:
    status: JsonObject = {"phase": phase, "conditions": [*conditions], **members}
    return with_status("Pod", status, creationTimestamp=BORN, annotations=annotations or {})


def job(*conditions: Json, annotations: JsonObject | None = None, spec: Json = None, **members: Json) -> JsonObject:
    return with_status("Job", {"conditions": [*conditions], **members}, spec=spec, annotations=annotations or {})


TABLE = [
    ("Pod without a status", with_status("Pod"), WAITS, "Pending"),
    ("Pod pending", pod(), WAITS, "Pending"),
    ("Pod running", pod("Running", condition("Ready", "False")), WAITS, "Running"),
    ("Pod ready", pod("Running", condition("Ready", "True")), READY, ""),
    ("Pod succeeded", pod("Succeeded", condition("Ready", "False")), READY, ""),
    ("Pod failed", pod("Failed"), FAILED, "PodFailed"),
    ("Pod failed that was to run once", pod("Failed", annotations=ONCE), READY, "PodFailed"),
    ("Pod ready that was to run once", pod("Running", condition("Ready", "True"), annotations=ONCE), WAITS, "Running"),
    ("Pod that crashes", pod("Running", containerStatuses=[container("CrashLoopBackOff")]), FAILED, "CrashLoopBackOff"),
    (
        "init container that crashes",
        pod(containerStatuses=[container("PodInitializing")], initContainerStatuses=[container("CrashLoopBackOff")]),
        FAILED,
        "CrashLoopBackOff",
    ),
    (
        "sidecar that crashes beside a container that waits",
        pod(initContainerStatuses=[container("ContainerCreating"), container("CrashLoopBackOff", name="sidecar")]),
        FAILED,
        "CrashLoopBackOff",
    ),
    ("Pod being created", pod(containerStatuses=[container("ContainerCreating")]), WAITS, "ContainerCreating"),
    ("Job without a status", with_status("Job"), WAITS, "NotStarted"),
    ("Job running", job(active=1, startTime=BORN), WAITS, "Running"),
    ("Job with a failed pod and another try", job(active=1, failed=2), WAITS, "Running"),
    ("Job complete", job(condition("Complete", "True")), READY, ""),
    ("Job whose success is decided", job(condition("SuccessCriteriaMet", "True")), READY, ""),
    ("Job failed", job(condition("Failed", "True", "BackoffLimitExceeded")), FAILED, "BackoffLimitExceeded"),
    ("Job whose failure is decided", job(condition("FailureTarget", "True", "Late"), active=1), FAILED, "Late"),
    ("Job suspended", job(spec={"suspend": True}), READY, "Suspended"),
    ("Job suspended that failed before", job(condition("Failed", "True", "X"), spec={"suspend": True}), FAILED, "X"),
    ("Job that need only start", job(active=1, startTime=BORN, annotations=STARTED), READY, "Started"),
    ("Job that need only start and did not", job(annotations=STARTED), WAITS, "NotStarted"),
    ("Job that failed right away", job(condition("Failed", "True", "X"), annotations=STARTED), FAILED, "X"),
    ("Job with another annotation", job(active=1, annotations={"brokkr.io/ready-when": "x"}), WAITS, "Running"),
    ("CronJob", with_status("CronJob"), READY, ""),
    ("CronJob suspended", with_status("CronJob", spec={"suspend": True}), READY, "Suspended"),
]


@pytest.mark.parametrize(("body", "state", "reason"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_object_is_as_far_as_its_status_says(body: JsonObject, state: State, reason: str) -> None:
    found = assess(body)

    assert (found.state, found.reason) == (state, reason)
    assert found.message or not reason


@pytest.mark.parametrize(("seconds", "state"), [(None, WAITS), (15, WAITS), (16, FAILED)])
def test_a_pod_that_no_node_takes_has_failed_after_a_while(seconds: int | None, state: State) -> None:
    found = assess(pod("Pending", NOWHERE), now=at(seconds) if seconds is not None else None)

    assert (found.state, found.reason) == (state, "Unschedulable")


@pytest.mark.parametrize(
    "reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"]
)
@pytest.mark.parametrize("place", ["containerStatuses", "initContainerStatuses"])
@pytest.mark.parametrize(("seconds", "state"), [(None, WAITS), (30, WAITS), (31, FAILED)])
def test_a_container_that_cannot_start_has_failed_after_a_while(
    reason: str, place: str, seconds: int | None, state: State
) -> None:
    now = at(seconds) if seconds is not None else None
    body = pod("Pending")
    containers: list[Json] = [container(), container(reason, name="b")]
    found = assess({**body, "status": {**as_object(body["status"]), place: containers}}, now=now)

    assert (found.state, found.reason) == (state, reason)
    assert "container b waits" in found.message


def test_the_grace_of_a_container_begins_when_its_pod_last_changed() -> None:
    scheduled = condition("PodScheduled", "True", lastTransitionTime=str(at(100)))
    body = pod("Pending", scheduled, containerStatuses=[container("ErrImagePull")])

    assert assess(body, now=at(130)).state is WAITS
    assert assess(body, now=at(131)).state is FAILED


def test_a_pod_of_an_unknown_age_never_runs_out_of_grace() -> None:
    body = with_status("Pod", {"phase": "Pending", "conditions": [NOWHERE]}, creationTimestamp="long ago")

    assert assess(body, now=at(10_000)).state is WAITS


def test_a_pod_that_failed_names_the_container_that_did() -> None:
    body = pod("Failed", containerStatuses=[container(terminated={"exitCode": 3}, name="main")])

    assert str(assess(body)) == "container main ended with code 3"


GONE = [
    ("Job with a time to live", job(active=1, spec={"ttlSecondsAfterFinished": 0}), READY, "Expired"),
    ("Job seen complete", job(condition("Complete", "True")), READY, ""),
    ("Job seen failed", job(condition("Failed", "True", "X"), spec={"ttlSecondsAfterFinished": 5}), FAILED, "X"),
    ("Job without a time to live", job(active=1), FAILED, "Gone"),
    ("Pod", pod("Running", condition("Ready", "True")), FAILED, "Gone"),
]


@pytest.mark.parametrize(("body", "state", "reason"), [row[1:] for row in GONE], ids=[row[0] for row in GONE])
def test_what_is_gone_was_deleted_unless_it_goes_by_itself(body: JsonObject, state: State, reason: str) -> None:
    found = gone(body)

    assert (found.state, found.reason) == (state, reason)
