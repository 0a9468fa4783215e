"""The scripted controllers when things go wrong: crashes, refused pods; and who answers for a Service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_core.model.json import JsonObject, as_list, as_text, dig
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
