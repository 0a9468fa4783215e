"""Which pod keeps a workload waiting, and when that is a failure: by owner, by revision, by age, by patience."""

from __future__ import annotations

from datetime import datetime

import pytest

from brokkr_core.apply.readiness import Facts, Readiness, State, assess
from brokkr_core.apply.readiness.household import Household, household
from brokkr_core.apply.readiness.policy import PodPatience, ReadyPolicy
from brokkr_core.model.json import Json, JsonObject, as_object
from engine_support import API_VERSIONS, at, condition, counted, seen, with_status

WAITS, FAILED = State.IN_PROGRESS, State.FAILED
GENERATIONS: JsonObject = {"deprecated.daemonset.template.generation": "4"}


def owned(kind: str, name: str, owner: str, *, born: float = 1, **members: Json) -> JsonObject:
    """An object that a controller made a second after the run began, unless it says otherwise."""
    reference: JsonObject = {"uid": owner, "controller": True}
    body = with_status(kind, name=name, uid=name, ownerReferences=[reference], creationTimestamp=str(at(born)))
    labels, annotations = members.pop("labels", {}), members.pop("annotations", {})
    return {
        **body,
        **members,
        "metadata": {**as_object(body["metadata"]), "labels": labels, "annotations": annotations},
    }


def replica_set(name: str = "new", revision: str = "2", *conditions: Json, owner: str = "web") -> JsonObject:
    annotations: JsonObject = {"deployment.kubernetes.io/revision": revision}
    status: JsonObject = {"conditions": [*conditions]}
    return {**owned("ReplicaSet", name, owner, annotations=annotations), "status": status}


def pod(name: str = "p", owner: str = "new", *, born: float = 1, status: JsonObject, labels: Json = None) -> JsonObject:
    return owned("Pod", name, owner, born=born, labels=labels or {}, status=status)


def stuck(reason: str, restarts: int = 0) -> JsonObject:
    state: JsonObject = {"waiting": {"reason": reason, "message": "says the kubelet"}}
    entry: JsonObject = {"name": "app", "restartCount": restarts, "state": state}
    return {"phase": "Pending", "containerStatuses": [entry]}


NOWHERE: JsonObject = {"phase": "Pending", "conditions": [condition("PodScheduled", "False", "Unschedulable")]}
SLOW: JsonObject = {"phase": "Running", "conditions": [condition("Ready", "False")]}
GOOD: JsonObject = {"phase": "Running", "conditions": [condition("Ready", "True")]}
EVICTED: JsonObject = {"phase": "Failed"}


def deployment(revision: str = "2") -> JsonObject:
    annotations: JsonObject = {"deployment.kubernetes.io/revision": revision}
    return with_status(
        "Deployment", counted(readyReplicas=1), spec={"replicas": 3}, uid="web", name="web", annotations=annotations
    )


def look(
    workload: JsonObject,
    *pods: JsonObject,
    sets: tuple[JsonObject, ...] | None = None,
    events: tuple[JsonObject, ...] = (),
    seconds: float = 32,
) -> Household:
    """Look behind a workload so many seconds after the run began."""
    replica_sets = (replica_set("old", "1"), replica_set()) if sets is None else sets
    return household(workload, pods=pods, replica_sets=replica_sets, events=events, at=at(seconds), since=at(0.5))


def judged(workload: JsonObject, found: Household, policy: ReadyPolicy | None = None) -> Readiness:
    return assess(workload, now=at(999), facts=Facts(household=found), policy=policy or ReadyPolicy())


def after(seconds: float, *pods: JsonObject, policy: ReadyPolicy | None = None) -> tuple[State, str]:
    found = judged(deployment(), look(deployment(), *pods, seconds=seconds), policy)
    return found.state, found.reason


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"])
@pytest.mark.parametrize(("seconds", "state"), [(10, WAITS), (31, WAITS), (32, FAILED)])
def test_a_container_that_cannot_start_is_told_and_fails_its_workload_after_a_while(
    reason: str, seconds: float, state: State
) -> None:
    found = judged(deployment(), look(deployment(), pod(status=stuck(reason)), seconds=seconds))

    assert (found.state, found.reason) == (state, reason)
    assert found.message == f"1 of 3 replicas ready: Pod p: container app waits: {reason}: says the kubelet"


@pytest.mark.parametrize(("restarts", "state"), [(0, WAITS), (2, WAITS), (3, FAILED), (9, FAILED)])
def test_a_container_may_crash_a_few_times(restarts: int, state: State) -> None:
    assert after(1, pod(status=stuck("CrashLoopBackOff", restarts))) == (state, "CrashLoopBackOff")


@pytest.mark.parametrize(("seconds", "state"), [(16, WAITS), (121, WAITS), (122, FAILED)])
def test_a_node_may_still_be_made_for_a_pod(seconds: float, state: State) -> None:
    assert after(seconds, pod(status=NOWHERE)) == (state, "Unschedulable")


def test_the_patience_is_the_policys() -> None:
    endless = ReadyPolicy(pods=PodPatience(start_seconds=float("inf")))
    short = ReadyPolicy(pods=PodPatience(start_seconds=5, crash_restarts=0))

    assert after(9999, pod(status=stuck("ErrImagePull")), policy=endless) == (WAITS, "ErrImagePull")
    assert after(7, pod(status=stuck("ErrImagePull")), policy=short) == (FAILED, "ErrImagePull")
    assert after(1, pod(status=stuck("CrashLoopBackOff")), policy=short) == (FAILED, "CrashLoopBackOff")


def test_a_pod_that_is_merely_slow_is_named_and_never_a_failure() -> None:
    found = judged(deployment(), look(deployment(), pod(status=SLOW), seconds=9999))

    assert (found.state, found.reason) == (WAITS, "Replicas")
    assert found.message == "1 of 3 replicas ready: Pod p: is Running"


@pytest.mark.parametrize("status", [GOOD, EVICTED, {"phase": "Succeeded"}])
def test_what_is_ready_or_has_ended_is_not_told(status: JsonObject) -> None:
    assert judged(deployment(), look(deployment(), pod(status=status))).message == "1 of 3 replicas ready"


def test_what_the_kubelet_says_is_cut() -> None:
    long = stuck("ErrImagePull")
    long["containerStatuses"] = [
        {"name": "app", "state": {"waiting": {"reason": "ErrImagePull", "message": "x" * 9999}}}
    ]

    assert len(judged(deployment(), look(deployment(), pod(status=long))).message) < 1000


def test_a_failure_outweighs_a_wait_and_the_others_are_counted() -> None:
    pods = (pod("a", status=SLOW), pod("b", status=stuck("ErrImagePull")), pod("c", status=stuck("ErrImagePull")))
    found = judged(deployment(), look(deployment(), *pods))

    assert found.state is FAILED
    assert found.message.startswith("1 of 3 replicas ready: Pod b: ")
    assert found.message.endswith("; and 2 more")


@pytest.mark.parametrize(
    "other",
    [
        pod(owner="old", status=stuck("ErrImagePull")),
        pod(owner="of-somebody-else", status=stuck("ErrImagePull")),
        {**pod(status=stuck("ErrImagePull")), "metadata": {"name": "p", "deletionTimestamp": str(at(1))}},
    ],
    ids=["of an old revision", "of another owner", "on its way out"],
)
def test_only_pods_of_the_newest_revision_count(other: JsonObject) -> None:
    assert after(9999, other) == (WAITS, "Replicas")


def test_a_replica_set_of_another_deployment_is_not_ours() -> None:
    foreign = look(deployment(), pod(status=stuck("ErrImagePull")), sets=(replica_set(owner="other"),), seconds=9999)

    assert foreign.pods == ()


def test_a_deployment_that_names_no_revision_has_no_newest_pods() -> None:
    assert look(deployment(revision=""), pod(status=stuck("ErrImagePull"))).pods == ()


def test_a_pod_that_was_there_before_the_run_is_named_and_not_blamed() -> None:
    found = judged(deployment(), look(deployment(), pod(born=-100, status=stuck("ErrImagePull")), seconds=9999))

    assert (found.state, found.reason) == (WAITS, "ErrImagePull")


def test_a_pod_of_the_second_in_which_the_run_began_is_of_the_run() -> None:
    assert after(32, pod(born=0, status=stuck("ErrImagePull"))) == (FAILED, "ErrImagePull")


def test_a_look_at_another_generation_says_nothing() -> None:
    found = look(deployment(), pod(status=stuck("ErrImagePull")), seconds=9999)
    newer = {**deployment(), "metadata": {**as_object(deployment()["metadata"]), "generation": 3}}
    newer["status"] = counted(readyReplicas=1, observedGeneration=3)

    assert assess(newer, now=at(999), facts=Facts(household=found)).reason == "Replicas"


def test_a_workload_that_is_ready_stays_so_whatever_its_pods_say() -> None:
    body = {**deployment(), "status": counted()}

    assert judged(body, look(body, pod(status=stuck("ErrImagePull")))).state is State.READY


def refused(since: float) -> JsonObject:
    return condition("ReplicaFailure", "True", "FailedCreate", lastTransitionTime=str(at(since)))


@pytest.mark.parametrize(("since", "seconds", "state"), [(1, 16, WAITS), (1, 17, FAILED), (-50, 999, WAITS)])
def test_pods_that_the_newest_replica_set_cannot_create_fail_its_deployment(
    since: float, seconds: float, state: State
) -> None:
    sets = (replica_set("new", "2", refused(since)),)
    found = judged(deployment(), look(deployment(), sets=sets, seconds=seconds))

    assert (found.state, found.reason) == (state, "FailedCreate")
    assert "ReplicaSet new: in other words" in found.message


def test_an_old_replica_set_that_cannot_create_pods_is_not_the_runs() -> None:
    sets = (replica_set("old", "1", refused(1)), replica_set())

    assert judged(deployment(), look(deployment(), sets=sets, seconds=999)).reason == "Replicas"


def event(first: float, last: float, owner: str = "web", reason: str = "FailedCreate") -> JsonObject:
    times: JsonObject = {"firstTimestamp": str(at(first)), "lastTimestamp": str(at(last))}
    return {"involvedObject": {"uid": owner}, "reason": reason, "message": "exceeded quota", **times}


def stateful(**counts: int) -> JsonObject:
    status = {**counted(**counts), "updateRevision": "web-2", "currentRevision": "web-1"}
    return with_status("StatefulSet", status, spec={"replicas": 3}, uid="web", name="web")


@pytest.mark.parametrize(
    ("first", "last", "born", "state", "reason"),
    [
        (1, 16, None, WAITS, "FailedCreate"),
        (1, 17, None, FAILED, "FailedCreate"),
        (-50, 17, None, WAITS, "FailedCreate"),
        (1, 17, 17, WAITS, "Replicas"),
        (1, 17, 16, FAILED, "FailedCreate"),
    ],
    ids=["briefly", "long", "since before the run", "and then it worked", "one was made between"],
)
def test_events_tell_that_the_pods_of_a_stateful_set_cannot_be_created(
    first: float, last: float, born: float | None, state: State, reason: str
) -> None:
    pods = [] if born is None else [pod(owner="web", born=born, status=GOOD)]
    body = stateful(replicas=1, readyReplicas=1)
    found = judged(body, look(body, *pods, events=(event(first, last),)))

    assert (found.state, found.reason) == (state, reason)


@pytest.mark.parametrize("other", [event(1, 99, owner="other"), event(1, 99, reason="FailedMount")])
def test_other_events_say_nothing(other: JsonObject) -> None:
    body = stateful(replicas=1, readyReplicas=1)

    assert judged(body, look(body, events=(other,))).reason == "Replicas"


def test_an_event_says_nothing_when_no_pod_is_missing() -> None:
    body = stateful(readyReplicas=1)

    assert judged(body, look(body, events=(event(1, 99),))).reason == "Replicas"


def daemon(annotations: JsonObject = GENERATIONS) -> JsonObject:
    counts = {"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "updatedNumberScheduled": 1}
    return with_status("DaemonSet", seen(**counts), uid="web", name="web", annotations=annotations)


@pytest.mark.parametrize(
    ("workload", "labels", "state"),
    [
        (stateful(readyReplicas=1), {"controller-revision-hash": "web-2"}, FAILED),
        (stateful(readyReplicas=1), {"controller-revision-hash": "web-1"}, WAITS),
        (stateful(readyReplicas=1), {}, WAITS),
        (daemon(), {"pod-template-generation": "4"}, FAILED),
        (daemon(), {"pod-template-generation": "3"}, WAITS),
        (daemon({}), {}, WAITS),
        (with_status("ReplicaSet", counted(readyReplicas=1), spec={"replicas": 3}, uid="web"), {}, FAILED),
        (with_status("ReplicationController", counted(readyReplicas=1), spec={"replicas": 3}, uid="web"), {}, FAILED),
        (with_status("Job", {"active": 1, "startTime": str(at(1))}, uid="web"), {}, FAILED),
    ],
    ids=["set", "set, old", "set, unmarked", "daemon", "daemon, old", "daemon, unmarked", "replicas", "rc", "job"],
)
def test_every_controller_marks_its_newest_pods(workload: JsonObject, labels: JsonObject, state: State) -> None:
    found = judged(workload, look(workload, pod(owner="web", labels=labels, status=stuck("ErrImagePull"))))

    assert found.state is state


def test_a_job_counts_the_crashes_of_its_pods_by_itself() -> None:
    job = with_status("Job", {"active": 1, "startTime": str(at(1))}, uid="web")
    found = judged(job, look(job, pod(owner="web", status=stuck("CrashLoopBackOff", 99))))

    assert (found.state, found.reason) == (WAITS, "CrashLoopBackOff")


@pytest.mark.parametrize("value", [None, "text", 7, [None, "x"], {"a": None}])
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet"])
def test_nonsense_is_no_failure(kind: str, value: Json) -> None:
    when: datetime = at(9999)
    body = with_status(kind, seen(), uid="web")
    strange: JsonObject = {"apiVersion": API_VERSIONS["Pod"], "kind": "Pod", "metadata": value, "status": value}
    found = household(
        body, pods=[strange], replica_sets=[strange], events=[{"involvedObject": value}], at=when, since=at(0)
    )

    assert assess(body, now=when, facts=Facts(household=found)).state is not FAILED
