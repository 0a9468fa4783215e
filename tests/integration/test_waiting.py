"""Waiting for what was written, in process and over HTTP: what it costs, what it survives, and that it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from brokkr_core.apply import ApplyPolicy, Memory, apply_plan
from brokkr_core.kube import KubeClient
from brokkr_core.kube.access import load_access
from brokkr_core.kube.urllib3_transport import Urllib3Transport
from brokkr_core.model.events import Event, ObjectWaiting
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Action
from brokkr_core.testing.cluster import (
    Delay,
    DropWatch,
    EmbeddedCluster,
    FaultPlan,
    FaultRule,
    Grant,
    LoggedRequest,
    Rbac,
    Refuse,
    Settings,
    User,
)
from brokkr_core.testing.cluster.faults import Effect
from brokkr_core.testing.cluster.listener import Ticker
from cluster_support import MERGE_PATCH, Client, definition, gadget
from engine_play import applied, planned
from stage_support import config_map

#: Nobody waits this long by looking again: what gets ready in time was told by a watch.
SELDOM = ApplyPolicy(ready_timeout_seconds=60.0, poll_seconds=30.0)
OFTEN = ApplyPolicy(ready_timeout_seconds=60.0, poll_seconds=0.05)
BLIND = User(
    name="blind", token="b", grants=[Grant(verbs=["get", "list", "create", "patch"], resources=["*"], groups=["*"])]
)
GROUP = "late.example.com"
EVERYBODY = Rbac(users=[*Rbac.admin("a").users, BLIND])

Connect = Callable[[EmbeddedCluster, str], KubeClient]


def deployment(name: str, namespace: str = "default", *, image: str = "web", note: str = "") -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\n"
        f"metadata: {{name: {name}, namespace: {namespace}, annotations: {{note: '{note}'}}}}\n"
        f"spec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, "
        f"spec: {{containers: [{{name: a, image: {image}}}]}}}}}}\n"
    )


def cluster_of(ready_seconds: float = 0.3, *, faults: FaultPlan | None = None) -> EmbeddedCluster:
    settings = Settings(controllers=True, deployment_ready_seconds=ready_seconds, namespaces=("default", "lab"))
    return EmbeddedCluster(settings, rbac=EVERYBODY, faults=faults)


@pytest.fixture(params=["in process", "http"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connect]:
    opened: list[KubeClient] = []
    running: list[Ticker] = []

    def made(cluster: EmbeddedCluster, user: str = "") -> KubeClient:
        if request.param == "in process":
            time_runs = Ticker(cluster.advance)
            time_runs.start()
            running.append(time_runs)
            return KubeClient(cluster.transport(user=user))
        cluster.serve()
        path = str(cluster.write_kubeconfig(tmp_path / "kubeconfig", user=user))
        opened.append(KubeClient(Urllib3Transport(lambda: load_access(path, context=None, pool_size=16))))
        return opened[-1]

    yield made
    for client in opened:
        client.close()
    for ticker in running:
        ticker.stop()


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    yield
    assert [one.name for one in threading.enumerate() if one.name.startswith(("apply", "watch"))] == []


def looks(cluster: EmbeddedCluster, namespace: str = "default") -> tuple[list[int], list[int]]:
    """The answers to every LIST and to every WATCH of the Deployments of a namespace."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    asked = [one for one in cluster.requests.select("GET", path) if one.path == path]

    def statuses(*, watch: bool) -> list[int]:
        return [one.status for one in asked if _watches(one) is watch]

    return statuses(watch=False), statuses(watch=True)


def _watches(one: LoggedRequest) -> bool:
    return one.query.get("watch") == "true"


@pytest.mark.slow
def test_waiting_for_two_hundred_deployments_costs_one_list_and_one_watch_per_namespace(connect: Connect) -> None:
    names = [(f"d{number}", space) for space in ("default", "lab") for number in range(100)]
    with cluster_of() as cluster:
        report = applied(connect(cluster, ""), *(deployment(*name) for name in names), policy=SELDOM)

        assert report.ok, report.failed[:3]
        assert report.counts() == {"created": 200}
        assert [looks(cluster, space) for space in ("default", "lab")] == [
            ([200, 200], [200])
        ] * 2  # one LIST before the run


def test_one_deployment_is_watched_alone(connect: Connect) -> None:
    with cluster_of() as cluster:
        assert applied(connect(cluster, ""), deployment("web"), policy=SELDOM).ok

        (watch,) = [one for one in cluster.requests if _watches(one)]
        assert watch.query["fieldSelector"] == "metadata.name=web"


def test_a_definition_and_its_objects_go_out_in_one_run_however_late_discovery_is(connect: Connect) -> None:
    seen: list[Event] = []
    with EmbeddedCluster(Settings(crd_establish_seconds=0.2, crd_discovery_seconds=0.4), rbac=EVERYBODY) as cluster:
        client = connect(cluster, "")
        plan = planned(client, yaml.safe_dump(definition(GROUP, status=False)), yaml.safe_dump(gadget(GROUP)))
        assert apply_plan(client, plan, policy=OFTEN, observer=seen.append).counts() == {"created": 2}

    late = f"established, but discovery does not show {GROUP}/v1 yet"
    assert late in [event.reason for event in seen if isinstance(event, ObjectWaiting)]


def test_what_is_ready_at_once_is_not_watched(connect: Connect) -> None:
    with cluster_of() as cluster:
        assert applied(connect(cluster, ""), config_map("one"), config_map("two"), policy=SELDOM).ok
        assert [one for one in cluster.requests if _watches(one)] == []


def on_watch(effect: Effect, *times: int) -> FaultPlan:
    """Of the requests for the collection the first is the preflight's LIST, the second a LIST, the third the WATCH."""
    return FaultPlan(rules=[FaultRule(effect=effect, method="GET", path="/deployments$", nth=times)])


@pytest.mark.parametrize("times", [(3,), (3, 4), tuple(range(3, 100))], ids=["once", "twice", "always"])
@pytest.mark.parametrize("events", [0, 1])
def test_a_watch_that_breaks_is_opened_again_or_replaced_by_looking(
    connect: Connect, times: tuple[int, ...], events: int
) -> None:
    with cluster_of(faults=on_watch(DropWatch(after_events=events), *times)) as cluster:
        report = applied(connect(cluster, ""), deployment("a"), deployment("b"), policy=OFTEN)

        assert report.ok, report.failed


def test_a_watch_that_nobody_allows_is_replaced_by_one_list_per_interval(connect: Connect) -> None:
    with cluster_of() as cluster:
        client = connect(cluster, "blind")
        assert applied(client, deployment("a"), deployment("b"), policy=OFTEN).ok

        lists, watches = looks(cluster)
        assert watches == [403]
        assert len(lists) > 1
        assert set(lists) == {200}


@pytest.mark.parametrize("status", [403, 405])
def test_a_refused_watch_is_not_asked_for_again(connect: Connect, status: int) -> None:
    with cluster_of(faults=on_watch(Refuse(status=status), 3)) as cluster:
        assert applied(connect(cluster, ""), deployment("a"), deployment("b"), policy=OFTEN).ok
        assert looks(cluster)[1] == [status]


def test_a_version_that_is_gone_is_listed_again(connect: Connect) -> None:
    with cluster_of(faults=on_watch(Refuse(status=410), 3)) as cluster:
        report = applied(connect(cluster, ""), deployment("a"), deployment("b"), policy=OFTEN)

        assert report.ok, report.failed
        assert looks(cluster) == ([200, 200, 200], [410, 200])


def test_a_stop_while_waiting_ends_the_run_within_a_poll_interval(connect: Connect) -> None:
    stopped: list[float] = []

    def stop_when_waiting(event: Event, /) -> None:
        if isinstance(event, ObjectWaiting) and not stopped:
            stopped.append(time.monotonic())

    with cluster_of(ready_seconds=3600.0) as cluster:
        client = connect(cluster, "")
        report = apply_plan(
            client,
            planned(client, deployment("web")),
            policy=ApplyPolicy(poll_seconds=0.5),
            observer=stop_when_waiting,
            stop=lambda: bool(stopped),
        )
        took = time.monotonic() - stopped[0]

    assert [(one.action, one.code) for one in report.outcomes] == [(Action.NOT_OBSERVED, "Stopped")]
    assert took < 20.0, "a poll interval, and far from the five minutes that an object may take"


def test_a_stopped_run_sleeps_while_a_write_is_under_way(connect: Connect) -> None:
    slow = FaultRule(effect=Delay(seconds=0.5), path="/configmaps/slow$", writes=True)
    waiting, asked = threading.Event(), []

    def stop() -> bool:
        asked.append(waiting.is_set())
        return waiting.is_set()

    with cluster_of(ready_seconds=3600.0, faults=FaultPlan(rules=[slow])) as cluster:
        client = connect(cluster, "")
        apply_plan(
            client,
            planned(client, config_map("slow"), deployment("web")),
            policy=ApplyPolicy(poll_seconds=0.1),
            observer=lambda event: waiting.set() if isinstance(event, ObjectWaiting) else None,
            stop=stop,
        )

    assert 2 < sum(asked) < 40


def test_an_observer_that_raises_leaves_no_thread_behind(connect: Connect) -> None:
    def raise_when_waiting(event: Event, /) -> None:
        if isinstance(event, ObjectWaiting):
            raise RuntimeError("no more")

    with cluster_of(ready_seconds=3600.0) as cluster:
        client = connect(cluster, "")
        plan = planned(client, deployment("a"), deployment("b"))
        with pytest.raises(RuntimeError, match="no more"):
            apply_plan(client, plan, policy=SELDOM, observer=raise_when_waiting)


def test_a_deadline_wakes_a_run_that_hears_nothing(connect: Connect) -> None:
    policy = ApplyPolicy(ready_timeout_seconds=0.2, poll_seconds=30.0)
    with cluster_of(ready_seconds=3600.0) as cluster:
        (outcome,) = applied(connect(cluster, ""), deployment("web"), policy=policy).outcomes

        assert (outcome.action, outcome.code) == (Action.TIMED_OUT, "Replicas")


def after(text: str, ref: str) -> str:
    return text.replace("metadata:\n", f"metadata:\n  annotations: {{config.kubernetes.io/depends-on: {ref}}}\n")


def test_what_was_broken_before_and_is_unchanged_holds_nobody_up(connect: Connect) -> None:
    short = ApplyPolicy(ready_timeout_seconds=0.3, poll_seconds=0.05)
    broken = deployment("web", image="does-not-exist")
    dependent = after(config_map("after"), "apps/namespaces/default/Deployment/web")
    with cluster_of() as cluster:
        client = connect(cluster, "")
        assert not applied(client, broken, policy=short).ok
        cluster.advance(700.0)
        found = applied(client, broken, dependent, policy=ApplyPolicy(poll_seconds=30.0)).outcomes

        assert [(str(one.action), one.code) for one in found] == [("unchanged", "NotReadyBefore"), ("created", "")]
        assert "not ready before this run either: ReplicaSet" in found[0].message


def test_what_was_broken_before_and_is_changed_fails_and_says_so(connect: Connect) -> None:
    short = ApplyPolicy(ready_timeout_seconds=0.3, poll_seconds=0.05)
    with cluster_of() as cluster:
        client = connect(cluster, "")
        applied(client, deployment("web", image="does-not-exist"), policy=short)
        (found,) = applied(client, deployment("web", image="does-not-exist", note="x"), policy=short).outcomes

        assert not found.ok
        assert "it was not ready before this run either" in found.message


def test_what_is_remembered_as_unchanged_and_broken_by_now_is_not_blamed_on_the_run(connect: Connect) -> None:
    short = ApplyPolicy(ready_timeout_seconds=5.0, poll_seconds=0.05)
    memory = Memory()
    with cluster_of() as cluster:
        client = connect(cluster, "")
        plan = planned(client, deployment("web"), deployment("two"))
        for _ in range(2):
            assert apply_plan(client, plan, policy=short, memory=memory).ok
        body: JsonObject = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
        broken: JsonObject = {"status": {"readyReplicas": 0, "availableReplicas": 0}}
        Client(cluster.transport()).patch(body, broken, MERGE_PATCH, subresource="status").expect(200)
        cluster.advance(700.0)
        report = apply_plan(client, plan, policy=short, memory=memory)

        assert {str(one.action) for one in report.outcomes} == {"unchanged"}
