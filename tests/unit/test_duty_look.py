"""One look at everything that is tracked: pods by the chain of their controllers, and what may not be seen."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from brokkr_agent.duties.health import Health
from brokkr_core.apply import InventoryStore, ReadyPolicy
from brokkr_core.kube import KubeClient, Stream
from brokkr_core.model.broker import ObjectHealth
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.testing.cluster import EmbeddedCluster, Settings

MINE, OTHER = "mine", "other"


class Guarded:
    """A cluster's transport on which some collections may not be listed."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self._inner = cluster.transport()
        self.forbidden: set[str] = set()
        self.asked: list[str] = []

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        self.asked.append(f"{request.method} {request.path}")
        if request.path.rpartition("/")[2] in self.forbidden:
            return Response.of_json(403, {"kind": "Status", "reason": "Forbidden", "message": "no", "code": 403})
        return self._inner.send(request, timeout_seconds=timeout_seconds)

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        return self._inner.stream(request, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        self._inner.close()


class Scene:
    """A cluster with controllers, and the duty that looks at it."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self.cluster = cluster
        self.guarded = Guarded(cluster)
        self.client = KubeClient(self.guarded)
        store = InventoryStore(self.client, namespace="default")
        self._health = Health(client=self.client, store=store, agent_id="a", report=lambda _: None, policy=ReadyPolicy)
        self.tracked: dict[ObjectRef, str] = {}

    def track(self, body: JsonObject, object_id: str = MINE) -> ObjectRef:
        self.client.apply(body, ref_of(body), manager="tests")
        self.tracked[ref_of(body)] = object_id
        return ref_of(body)

    def look(self) -> dict[str, ObjectHealth]:
        return {one.id: one for one in self._health.look(self.tracked)}

    def status(self, path: str, status: JsonObject) -> None:
        headers = {"content-type": "application/merge-patch+json"}
        body = json.dumps({"status": status}).encode()
        answer = self.cluster.administer(Request(method="PATCH", path=f"{path}/status", headers=headers, body=body))
        assert answer.status == 200, answer.body


@pytest.fixture
def scene() -> Iterator[Scene]:
    with EmbeddedCluster(settings=Settings(controllers=True, deployment_ready_seconds=0.0)) as cluster:
        yield Scene(cluster)


def deployment(name: str, image: str = "fine") -> JsonObject:
    labels: JsonObject = {"app": name}
    containers: JsonObject = {"containers": [{"name": "app", "image": image}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": containers},
        },
    }


def plain(kind: str, name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "default"}}


def counts(report: ObjectHealth) -> tuple[str, int, int]:
    assert report.summary is not None
    return report.status, report.summary.pods_ready, report.summary.pods_total


def conditions(report: ObjectHealth) -> tuple[str, ...]:
    assert report.summary is not None
    return report.summary.conditions


def test_pods_count_for_the_object_whose_deployment_made_them(scene: Scene) -> None:
    scene.track(deployment("a"))
    scene.track(deployment("b"), OTHER)
    scene.client.apply(deployment("strangers"), ref_of(deployment("strangers")), manager="tests")
    scene.cluster.advance(5)
    seen = scene.look()

    assert counts(seen[MINE]) == counts(seen[OTHER]) == ("healthy", 2, 2)
    assert [one for one in scene.guarded.asked if one.startswith("GET") and "/replicasets/" in one] == []


def test_one_ill_object_leaves_the_other_well(scene: Scene) -> None:
    scene.track(deployment("a", "always-crashes"))
    scene.track(deployment("b"), OTHER)
    scene.cluster.advance(60)
    seen = scene.look()

    assert counts(seen[MINE]) == ("degraded", 0, 2)
    assert "CrashLoopBackOff" in conditions(seen[MINE])
    assert counts(seen[OTHER]) == ("healthy", 2, 2)


def test_a_pod_that_names_its_object_belongs_to_it(scene: Scene) -> None:
    scene.track(plain("ConfigMap", "a"))
    pod = plain("Pod", "by-hand")
    pod["metadata"] = {"name": "by-hand", "namespace": "default", "labels": {"brokkr.io/deployment-object-id": MINE}}
    pod["spec"] = {"containers": [{"name": "app", "image": "fine"}]}
    scene.client.apply(pod, ref_of(pod), manager="tests")

    assert counts(scene.look()[MINE])[2] == 1


def test_a_pod_that_failed_and_was_replaced_is_no_trouble(scene: Scene) -> None:
    scene.track(deployment("a"))
    scene.cluster.advance(5)
    pods = list(scene.client.list(scene.client.resource(ref_of(plain("Pod", "any"))), namespace="default"))
    assert counts(scene.look()[MINE]) == ("healthy", 2, 2)
    name = as_text(dig(pods[0], "metadata", "name"))
    scene.status(f"/api/v1/namespaces/default/pods/{name}", {"phase": "Failed", "reason": "Evicted"})

    assert counts(scene.look()[MINE]) == ("healthy", 1, 1)


def test_what_is_gone_is_degraded_and_what_may_not_be_seen_is_unknown(scene: Scene) -> None:
    gone = scene.track(plain("ConfigMap", "a"))
    uid = as_text(dig(scene.client.get(gone), "metadata", "uid"))
    scene.client.delete(gone, uid=uid)
    scene.track(plain("Secret", "b"), OTHER)
    scene.guarded.forbidden = {"secrets", "pods"}
    seen = scene.look()

    assert seen[MINE].status == "degraded"
    assert seen[OTHER].status == "unknown"
    assert conditions(seen[OTHER]) == ("NotSeen:Pod:Forbidden", "NotSeen:Secret:Forbidden")
