"""The scripted controllers: what a workload's status looks like on the way, and when it never gets there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_core.model.json import JsonObject, as_int, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster import EmbeddedCluster, Settings
from cluster_support import MERGE_PATCH, Client, condition, deployment, managers, service

BROKEN = "registry.example.com/does-not-exist:1"


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(Settings(controllers=True, deployment_ready_seconds=3.0, job_seconds=2.0)) as embedded:
        yield embedded


@pytest.fixture
def client(cluster: EmbeddedCluster) -> Client:
    return Client(cluster.transport())


def numbers(client: Client, body: JsonObject) -> tuple[int, int, int, int]:
    """Replicas, updated, ready and unavailable."""
    status = as_object(client.read(body).get("status"))
    names = ("replicas", "updatedReplicas", "readyReplicas", "unavailableReplicas")
    total, updated, ready, unavailable = (as_int(status.get(name)) for name in names)
    return total, updated, ready, unavailable


def state(client: Client, body: JsonObject, kind: str) -> tuple[str, str]:
    found = condition(client.read(body).body, kind)
    return as_text(found.get("status")), as_text(found.get("reason"))


def pods(client: Client) -> dict[str, str]:
    """Phase or waiting reason by pod name."""
    out: dict[str, str] = {}
    for pod in as_list(client.list("v1", "Pod").get("items")):
        statuses = as_list(dig(pod, "status", "containerStatuses"))
        waiting = as_text(dig(statuses[0], "state", "waiting", "reason"))
        out[as_text(dig(pod, "metadata", "name"))] = waiting or as_text(dig(pod, "status", "phase"))
    return out


def test_nothing_moves_without_controllers() -> None:
    with EmbeddedCluster() as embedded:
        client = Client(embedded.transport())
        client.apply(deployment())
        embedded.advance(3600)
        assert client.read(deployment()).get("status") == {}


def test_a_new_deployment_is_seen_at_once_and_ready_later(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment(replicas=2))
    assert client.read(deployment()).get("status", "observedGeneration") == 1
    assert numbers(client, deployment()) == (2, 2, 0, 2)
    assert state(client, deployment(), "Available") == ("False", "MinimumReplicasUnavailable")
    assert state(client, deployment(), "Progressing") == ("True", "ReplicaSetUpdated")
    cluster.advance(3)
    assert numbers(client, deployment()) == (2, 2, 2, 0)
    assert state(client, deployment(), "Available") == ("True", "MinimumReplicasAvailable")
    assert state(client, deployment(), "Progressing") == ("True", "NewReplicaSetAvailable")


def test_a_broken_image_never_gets_ready_and_runs_out_of_time(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment(image=BROKEN))
    cluster.advance(599)
    assert state(client, deployment(), "Progressing") == ("True", "ReplicaSetUpdated")
    cluster.advance(1)
    found = condition(client.read(deployment()).body, "Progressing")
    assert (found["status"], found["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert as_text(found["message"]).endswith("has timed out progressing.")
    assert set(pods(client).values()) == {"ImagePullBackOff"}


def test_the_deadline_is_the_deployments_own(cluster: EmbeddedCluster, client: Client) -> None:
    body = deployment(image=BROKEN)
    as_object(body["spec"])["progressDeadlineSeconds"] = 10
    client.apply(body)
    cluster.advance(10)
    assert state(client, body, "Progressing") == ("False", "ProgressDeadlineExceeded")


def test_a_broken_update_keeps_old_pods_as_rolling_update_would(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment(replicas=4))
    cluster.advance(3)
    client.apply(deployment(replicas=4, image=BROKEN))
    cluster.advance(700)
    assert numbers(client, deployment()) == (5, 2, 3, 2)
    assert state(client, deployment(), "Available") == ("True", "MinimumReplicasAvailable")
    assert sorted(pods(client).values()) == ["ImagePullBackOff", "ImagePullBackOff", "Running", "Running", "Running"]


def test_going_back_to_the_good_image_heals(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment(replicas=4))
    cluster.advance(3)
    client.apply(deployment(replicas=4, image=BROKEN))
    cluster.advance(700)
    client.apply(deployment(replicas=4))
    cluster.advance(3)
    assert numbers(client, deployment()) == (4, 4, 4, 0)
    assert state(client, deployment(), "Progressing") == ("True", "NewReplicaSetAvailable")
    assert set(pods(client).values()) == {"Running"}


def test_a_good_update_replaces_every_pod(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment())
    cluster.advance(3)
    before = set(pods(client))
    client.apply(deployment(image="nginx:2"))
    cluster.advance(10)
    assert numbers(client, deployment()) == (2, 2, 2, 0)
    assert not before & set(pods(client))


def test_recreate_stops_the_old_pods_first(cluster: EmbeddedCluster, client: Client) -> None:
    def recreated(image: str) -> JsonObject:
        body = deployment(image=image)
        as_object(body["spec"])["strategy"] = {"type": "Recreate"}
        return body

    client.apply(recreated("nginx:1"))
    cluster.advance(3)
    client.apply(recreated("nginx:2"))
    assert numbers(client, deployment()) == (2, 2, 0, 2)
    assert state(client, deployment(), "Available") == ("False", "MinimumReplicasUnavailable")


def test_scaling_keeps_the_pods_there_are(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment(replicas=2))
    cluster.advance(3)
    before = set(pods(client))
    client.apply(deployment(replicas=3))
    assert numbers(client, deployment()) == (3, 3, 2, 1)
    cluster.advance(3)
    assert numbers(client, deployment()) == (3, 3, 3, 0)
    assert before < set(pods(client))


def test_a_deployment_of_nothing_is_ready(client: Client) -> None:
    client.apply(deployment(replicas=0))
    assert state(client, deployment(), "Available") == ("True", "MinimumReplicasAvailable")
    assert state(client, deployment(), "Progressing") == ("True", "NewReplicaSetAvailable")


def test_a_paused_deployment_says_so(client: Client) -> None:
    body = deployment()
    as_object(body["spec"])["paused"] = True
    client.apply(body)
    assert state(client, body, "Progressing") == ("Unknown", "DeploymentPaused")


def test_the_controller_owns_status_and_revision_and_nothing_else(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment())
    cluster.advance(3)
    found = managers(client.read(deployment()))
    assert set(found) == {
        ("tester", "Apply", ""),
        ("kube-controller-manager", "Update", ""),
        ("kube-controller-manager", "Update", "status"),
    }
    assert list(found["kube-controller-manager", "Update", ""]) == ["f:metadata"]


def test_applying_again_while_the_controller_works_changes_nothing(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment())
    cluster.advance(3)
    before = client.read(deployment())
    assert client.apply(deployment()).expect(200).version == before.version


def test_a_deleted_deployment_takes_replica_sets_and_pods_along(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(deployment())
    cluster.advance(3)
    client.delete(deployment(), propagationPolicy="Foreground").expect(200)
    assert client.gone(deployment())
    assert pods(client) == {}
    assert client.list("apps/v1", "ReplicaSet").names == []


def stateful(image: str = "db:1") -> JsonObject:
    body: JsonObject = {**deployment("db", replicas=3, image=image), "kind": "StatefulSet"}
    body["spec"] = {**as_object(body["spec"]), "serviceName": "db"}
    return body


def test_a_stateful_set_rolls_to_its_update_revision(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(stateful()).expect(201)
    assert client.read(stateful()).get("status", "readyReplicas") is None
    cluster.advance(3)
    client.apply(stateful("db:2"))
    rolling = as_object(client.read(stateful()).get("status"))
    assert rolling["currentRevision"] != rolling["updateRevision"]
    assert (rolling["readyReplicas"], rolling["updatedReplicas"]) == (2, 1)
    cluster.advance(3)
    done = as_object(client.read(stateful()).get("status"))
    assert done["currentRevision"] == done["updateRevision"] == rolling["updateRevision"]
    assert (done["readyReplicas"], done["observedGeneration"]) == (3, 2)


def test_a_broken_stateful_set_stays_behind(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(stateful())
    cluster.advance(3)
    client.apply(stateful(BROKEN))
    cluster.advance(3600)
    assert client.read(stateful()).get("status", "readyReplicas") == 2


def test_a_daemon_set_runs_on_the_one_node(cluster: EmbeddedCluster, client: Client) -> None:
    body: JsonObject = {**deployment("agent", replicas=None), "kind": "DaemonSet"}
    client.apply(body).expect(201)
    assert client.read(body).get("status", "numberReady") == 0
    cluster.advance(3)
    status = as_object(client.read(body).get("status"))
    assert (status["desiredNumberScheduled"], status["numberReady"], status["numberAvailable"]) == (1, 1, 1)


def job(image: str = "busybox:1", deadline: int = 0) -> JsonObject:
    pod: JsonObject = {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}
    spec: JsonObject = {"template": {"spec": pod}}
    if deadline:
        spec["activeDeadlineSeconds"] = deadline
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": spec}


def test_a_job_completes(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(job()).expect(201)
    assert client.read(job()).get("status", "active") == 1
    cluster.advance(2)
    assert state(client, job(), "Complete") == ("True", "CompletionsReached")
    assert client.read(job()).get("status", "succeeded") == 1
    assert client.read(job()).get("status", "active") is None


def test_a_broken_job_runs_into_its_deadline(cluster: EmbeddedCluster, client: Client) -> None:
    client.apply(job(BROKEN, deadline=30))
    cluster.advance(29)
    assert state(client, job(), "Failed") == ("", "")
    cluster.advance(1)
    assert state(client, job(), "Failed") == ("True", "DeadlineExceeded")


def test_a_suspended_job_waits(cluster: EmbeddedCluster, client: Client) -> None:
    body = job()
    as_object(body["spec"])["suspend"] = True
    client.apply(body)
    cluster.advance(3600)
    assert state(client, body, "Suspended") == ("True", "JobSuspended")
    assert client.read(body).get("status", "startTime") is None


def test_a_load_balancer_gets_an_address_and_loses_it_again(client: Client) -> None:
    body = service()
    as_object(body["spec"])["type"] = "LoadBalancer"
    client.apply(body).expect(201)
    assert as_text(dig(as_list(client.read(body).get("status", "loadBalancer", "ingress"))[0], "ip")).startswith("203.")
    client.patch(body, {"spec": {"type": "ClusterIP"}}, MERGE_PATCH).expect(200)
    assert client.read(body).get("status", "loadBalancer") == {}


def test_an_aggregated_api_is_available(client: Client) -> None:
    body: JsonObject = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1.metrics.example.com"},
        "spec": {"group": "metrics.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10},
    }
    path = "/apis/apiregistration.k8s.io/v1/apiservices"
    client.call("POST", path, body).expect(201)
    live = client.call("GET", f"{path}/v1.metrics.example.com").body
    assert condition(live, "Available")["status"] == "True"


def test_a_pod_of_its_own_runs(cluster: EmbeddedCluster, client: Client) -> None:
    spec: JsonObject = {"containers": [{"name": "main", "image": "busybox:1"}]}
    body: JsonObject = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "solo"}, "spec": spec}
    client.apply(body).expect(201)
    assert pods(client) == {"solo": "ContainerCreating"}
    cluster.advance(3)
    assert condition(client.read(body).body, "Ready")["status"] == "True"
