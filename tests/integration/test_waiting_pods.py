"""A workload that is late is asked what its pods do, seldom, and fails as soon as they cannot become ready."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from attrs import evolve

from brokkr_core.apply import ApplyPolicy, PodPatience, ReadyPolicy, apply_plan
from brokkr_core.apply.waiting.making import FEW
from brokkr_core.kube import KubeClient
from brokkr_core.model.events import Event, ObjectWaiting
from brokkr_core.model.json import dig
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.testing.cluster import Denied, EmbeddedCluster, Grant, Rbac, Review, Settings, User, ValidatingHook
from brokkr_core.testing.cluster.listener import Ticker
from engine_play import applied, planned

#: Pods are looked at early and often, and times are short; objects tell theirs in whole seconds.
READY = ReadyPolicy(late_seconds=0.2, pods=PodPatience(start_seconds=1.0))
POLICY = ApplyPolicy(ready_timeout_seconds=30.0, poll_seconds=0.1, ready=READY)
SHORT = evolve(POLICY, ready_timeout_seconds=1.0)

BLIND = Grant(verbs=["get", "list", "watch", "create", "patch"], resources=["deployments"], groups=["*"])
EVERYBODY = Rbac(users=[*Rbac.admin("a").users, User(name="blind", token="b", grants=[BLIND])])


def deny(review: Review) -> None:
    if review.kind == "Pod" and str(dig(review.body, "metadata", "name") or "").startswith("denied"):
        raise Denied("no pods today")


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    settings = Settings(controllers=True, deployment_ready_seconds=0.3)
    hook = ValidatingHook(name="quota.example.com", call=deny)
    with EmbeddedCluster(settings, rbac=EVERYBODY, hooks=[hook]) as embedded:
        ticker = Ticker(embedded.advance)
        ticker.start()
        yield embedded
        ticker.stop()


def workload(name: str, image: str, *, kind: str = "Deployment", note: str = "") -> str:
    service = "serviceName: x, " if kind == "StatefulSet" else ""
    template = f"metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{name: app, image: {image}}}]}}"
    return (
        f"apiVersion: apps/v1\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: default, annotations: {{note: '{note}'}}}}\n"
        f"spec: {{replicas: 2, {service}selector: {{matchLabels: {{app: {name}}}}}, template: {{{template}}}}}\n"
    )


def looks(cluster: EmbeddedCluster) -> dict[str, int]:
    """How often collections of what workloads make were read, by plural."""
    found: dict[str, int] = {}
    for one in cluster.requests:
        plural = one.path.rpartition("/")[2]
        if one.method == "GET" and plural in ("pods", "replicasets", "events"):
            found[plural] = found.get(plural, 0) + 1
    return found


def only(outcomes: tuple[Outcome, ...]) -> Outcome:
    (found,) = outcomes
    return found


JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: web, namespace: default}
spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: app, image: does-not-exist}]}}}
"""


@pytest.mark.parametrize(
    ("text", "looked"),
    [
        (workload("web", "does-not-exist"), {"pods", "replicasets"}),
        (workload("web", "does-not-exist", kind="StatefulSet"), {"pods", "events"}),
        (JOB, {"pods"}),
    ],
    ids=["Deployment", "StatefulSet", "Job"],
)
def test_an_image_that_cannot_be_pulled_fails_its_workload_long_before_its_deadline(
    cluster: EmbeddedCluster, client: KubeClient, text: str, looked: set[str]
) -> None:
    started = time.monotonic()
    found = only(applied(client, text, policy=POLICY).outcomes)

    assert (found.action, found.code) == (Action.FAILED, "ImagePullBackOff")
    assert "Pod web-" in found.message
    assert "container app waits: ImagePullBackOff" in found.message
    assert time.monotonic() - started < 10
    assert set(looks(cluster)) == looked


def test_what_its_pods_do_is_told_while_it_waits(client: KubeClient) -> None:
    heard: list[str] = []

    def observe(event: Event, /) -> None:
        if isinstance(event, ObjectWaiting):
            heard.append(event.reason)

    plan = planned(client, workload("web", "does-not-exist"))
    policy = evolve(SHORT, ready_timeout_seconds=2.0, ready=evolve(READY, pods=PodPatience()))
    found = only(apply_plan(client, plan, policy=policy, observer=observe).outcomes)

    assert (found.action, found.code) == (Action.TIMED_OUT, "ImagePullBackOff")
    assert any("ImagePullBackOff" in reason for reason in heard)


def test_a_container_that_crashes_fails_its_deployment_after_some_restarts(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    policy = evolve(POLICY, ready=evolve(READY, pods=PodPatience(crash_restarts=1)))
    plan = planned(client, workload("web", "always-crashes"))

    def pass_time(event: Event, /) -> None:
        if isinstance(event, ObjectWaiting) and "CrashLoopBackOff" in event.reason:
            cluster.advance(10.0)

    found = only(apply_plan(client, plan, policy=policy, observer=pass_time).outcomes)

    assert (found.action, found.code) == (Action.FAILED, "CrashLoopBackOff")


def test_pods_that_nobody_may_create_fail_their_deployment(cluster: EmbeddedCluster, client: KubeClient) -> None:
    plan = planned(client, workload("denied", "web"))

    def pass_time(event: Event, /) -> None:
        if isinstance(event, ObjectWaiting) and "no pods today" in event.reason:
            cluster.advance(20.0)

    found = only(apply_plan(client, plan, policy=POLICY, observer=pass_time).outcomes)

    assert (found.action, found.code) == (Action.FAILED, "FailedCreate")
    assert "ReplicaSet denied-" in found.message
    assert "no pods today" in found.message


def test_a_deployment_that_is_merely_slow_gets_ready(cluster: EmbeddedCluster, client: KubeClient) -> None:
    settings = Settings(controllers=True, deployment_ready_seconds=3.0)
    with EmbeddedCluster(settings) as slow:
        ticker = Ticker(slow.advance)
        ticker.start()
        report = applied(KubeClient(slow.transport()), workload("web", "web"), policy=POLICY)
        ticker.stop()

        assert report.ok, report.failed
        assert looks(slow)["pods"] > 1


def test_what_gets_ready_in_time_is_not_asked_for_its_pods(cluster: EmbeddedCluster, client: KubeClient) -> None:
    policy = evolve(POLICY, ready=ReadyPolicy())

    assert applied(client, workload("web", "web"), workload("db", "db", kind="StatefulSet"), policy=policy).ok
    assert looks(cluster) == {}


def test_many_late_workloads_of_a_namespace_are_looked_at_together(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    seldom = evolve(SHORT, ready_timeout_seconds=3.0, ready=evolve(READY, late_seconds=0.5, pods=PodPatience()))
    names = [f"web-{number}" for number in range(5 * FEW)]
    report = applied(client, *(workload(name, "does-not-exist") for name in names), policy=seldom)

    assert {one.code for one in report.outcomes} == {"ImagePullBackOff"}
    assert max(looks(cluster).values()) < len(names), "the first to be late one by one, then all of them at once"


def test_a_broken_update_is_blamed_on_the_new_pods_alone(client: KubeClient) -> None:
    assert applied(client, workload("web", "web"), policy=POLICY).ok
    found = only(applied(client, workload("web", "does-not-exist"), policy=POLICY).outcomes)

    assert (found.action, found.code) == (Action.FAILED, "ImagePullBackOff")


def test_pods_that_were_broken_before_the_run_are_not_blamed_on_it(client: KubeClient) -> None:
    broken = workload("web", "does-not-exist")
    applied(client, broken, policy=SHORT)
    time.sleep(1.1)  # objects tell their time in whole seconds, and these have to be older than the next run
    again = only(applied(client, broken, policy=evolve(POLICY, ready_timeout_seconds=1.5)).outcomes)
    noted = only(applied(client, workload("web", "does-not-exist", note="x"), policy=evolve(SHORT)).outcomes)

    assert (again.action, again.code) == (Action.UNCHANGED, "NotReadyBefore")
    assert (noted.action, noted.code) == (Action.TIMED_OUT, "ImagePullBackOff"), "as late as without its pods"
    assert "it was not ready before this run either" in noted.message


def test_who_may_not_list_pods_waits_as_before_and_asks_once(cluster: EmbeddedCluster) -> None:
    client = KubeClient(cluster.transport(user="blind"))
    found = only(applied(client, workload("web", "does-not-exist"), policy=SHORT).outcomes)

    assert (found.action, found.code) == (Action.TIMED_OUT, "Replicas")
    assert looks(cluster) == {"replicasets": 1, "pods": 1}


def test_events_tell_that_the_pods_of_a_stateful_set_cannot_be_created(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    plan = planned(client, workload("denied", "web", kind="StatefulSet"))

    def pass_time(event: Event, /) -> None:
        if isinstance(event, ObjectWaiting) and "no pods today" in event.reason:
            cluster.advance(20.0)

    found = only(apply_plan(client, plan, policy=POLICY, observer=pass_time).outcomes)

    assert (found.action, found.code) == (Action.FAILED, "FailedCreate")
    assert "no pods today" in found.message
    assert looks(cluster)["events"] >= 1
