"""The scripted controllers when things go wrong: crashes, refused pods; and who answers for a Service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_core.model.json import JsonObject, as_int, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster import Denied, EmbeddedCluster, Review, Settings, ValidatingHook
from cluster_support import Client, condition, deployment, service


class Quota:
    """A webhook that refuses pods as long as it is told to."""

    def __init__(self) -> None:
        self.used_up = False

    def __call__(self, review: Review) -> None:
        if self.used_up and review.kind == "Pod" and review.operation == "CREATE":
            raise Denied("used up")


@pytest.fixture
def quota() -> Quota:
    return Quota()


@pytest.fixture
def cluster(quota: Quota) -> Iterator[EmbeddedCluster]:
    settings = Settings(controllers=True, deployment_ready_seconds=3.0)
    with EmbeddedCluster(settings, hooks=[ValidatingHook(name="quota", call=quota)]) as embedded:
        yield embedded


@pytest.fixture
def client(cluster: EmbeddedCluster) -> Client:
    return Client(cluster.transport())


def pod(client: Client) -> JsonObject:
    (found,) = as_list(client.list("v1", "Pod").get("items"))
    assert isinstance(found, dict)
    return found


def container(client: Client) -> tuple[str, object, object]:
    """Why the container waits, how often it was restarted, and how it ended the last time."""
    (entry,) = as_list(dig(pod(client), "status", "containerStatuses"))
    last = dig(entry, "lastState", "terminated", "exitCode")
    return as_text(dig(entry, "state", "waiting", "reason")), dig(entry, "restartCount"), last


def test_a_container_that_crashes_is_started_again_after_pauses_that_double(
    cluster: EmbeddedCluster, client: Client
) -> None:
    client.apply(deployment(replicas=1, image="registry.example.com/always-crashes:1"))
    assert container(client) == ("ContainerCreating", 0, None)

    for seconds, restarts in ((3, 0), (10, 1), (20, 2), (40, 3), (79, 3), (1, 4)):
        cluster.advance(seconds)
        assert container(client) == ("CrashLoopBackOff", restarts, 1)
    assert dig(pod(client), "status", "phase") == "Running"
    assert client.read(deployment()).get("status", "readyReplicas") is None


def failure(client: Client, kind: str, version: str = "apps/v1") -> tuple[object, object, object]:
    (body,) = as_list(client.list(version, kind).get("items"))
    assert isinstance(body, dict)
    found = condition(body, "ReplicaFailure")
    return found.get("status"), found.get("reason"), found.get("message")


REFUSED = ("True", "FailedCreate", 'admission webhook "quota" denied the request: used up')
NONE = (None, None, None)


def test_pods_that_are_refused_are_a_condition_until_they_are_not(
    cluster: EmbeddedCluster, client: Client, quota: Quota
) -> None:
    quota.used_up = True
    client.apply(deployment(replicas=1))
    assert failure(client, "ReplicaSet") == failure(client, "Deployment") == REFUSED

    since = condition(client.read(deployment()).body, "ReplicaFailure")["lastTransitionTime"]
    cluster.advance(60)
    assert condition(client.read(deployment()).body, "ReplicaFailure")["lastTransitionTime"] == since

    quota.used_up = False
    cluster.advance(10)
    assert failure(client, "ReplicaSet") == failure(client, "Deployment") == NONE
    assert client.read(deployment()).get("status", "readyReplicas") == 1


def endpoints(client: Client) -> list[object]:
    (found,) = as_list(client.list("discovery.k8s.io/v1", "EndpointSlice").get("items"))
    return [dig(one, "conditions", "ready") for one in as_list(dig(found, "endpoints"))]


@pytest.mark.parametrize("first", ["service", "pods"])
def test_a_service_has_an_endpoint_for_each_pod_it_selects(
    cluster: EmbeddedCluster, client: Client, first: str
) -> None:
    selected = service()
    for body in (selected, deployment(replicas=2)) if first == "service" else (deployment(replicas=2), selected):
        client.apply(body)
    assert endpoints(client) == [False, False]

    cluster.advance(3)
    assert endpoints(client) == [True, True]

    client.apply(deployment(replicas=1))
    assert endpoints(client) == [True]

    client.delete(selected)
    assert client.list("discovery.k8s.io/v1", "EndpointSlice").get("items") == []


def test_a_service_without_a_selector_has_no_slice(client: Client) -> None:
    spec: JsonObject = {"ports": [{"port": 80}]}
    client.apply({**service(), "spec": spec})

    assert client.list("discovery.k8s.io/v1", "EndpointSlice").get("items") == []


def database(image: str = "db:1", replicas: int = 2) -> JsonObject:
    return {**deployment("db", replicas=replicas, image=image), "kind": "StatefulSet"}


def revisions(client: Client) -> dict[str, str]:
    """The revision of each pod, by name."""
    found = (as_object(dig(one, "metadata")) for one in as_list(client.list("v1", "Pod").get("items")))
    return {as_text(one["name"]): as_text(dig(one, "labels", "controller-revision-hash")) for one in found}


def test_the_pods_of_a_stateful_set_follow_its_numbers_and_revisions(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(database())
    assert list(revisions(client)) == ["db-0"]

    cluster.advance(3)
    first = client.read(database()).get("status", "updateRevision")
    assert revisions(client) == {"db-0": first, "db-1": first}

    client.apply(database("db:2"))
    second = client.read(database()).get("status", "updateRevision")
    assert revisions(client) == {"db-0": first, "db-1": second}

    cluster.advance(3)
    assert revisions(client) == {"db-0": second, "db-1": second}

    client.delete(database())
    assert revisions(client) == {}


def test_refused_pods_of_a_stateful_set_are_one_event_that_counts(
    cluster: EmbeddedCluster, client: Client, quota: Quota
) -> None:
    quota.used_up = True
    client.apply(database())
    counts = []
    for _ in range(3):
        cluster.advance(5)
        (event,) = as_list(client.list("v1", "Event").get("items"))
        counts.append(as_int(dig(event, "count")))

    assert dig(event, "involvedObject", "uid") == client.read(database()).uid
    assert dig(event, "reason") == "FailedCreate"
    assert [count - counts[0] for count in counts] == [0, 1, 2]
    assert dig(event, "firstTimestamp") != dig(event, "lastTimestamp")
    assert client.read(database()).get("status", "readyReplicas") is None

    quota.used_up = False
    cluster.advance(10)
    assert client.read(database()).get("status", "readyReplicas") == 2


def test_a_daemon_set_has_a_pod_on_its_node_and_a_job_has_one_that_ends(
    cluster: EmbeddedCluster, client: Client
) -> None:
    pods: JsonObject = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "main", "image": "a"}]}}
    daemon: JsonObject = {"selector": {"matchLabels": {"app": "x"}}, "template": pods}
    client.apply({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "log"}, "spec": daemon})
    assert len(revisions(client)) == 1

    client.delete({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "log"}})
    once: JsonObject = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "a"}]}
    spec: JsonObject = {"template": {"spec": once}}
    client.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": spec})
    assert dig(pod(client), "status", "phase") == "Pending"

    cluster.advance(5)
    assert dig(pod(client), "status", "phase") == "Succeeded"
