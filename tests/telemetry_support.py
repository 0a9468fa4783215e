"""What the tests of telemetry share: somebody who writes down what is said, and a cluster with our objects in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from broker_support import AGENT, STACK
from brokkr_core.broker.channel import Outgoing
from brokkr_core.kube import KubeClient
from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject, as_text, dig
from brokkr_core.model.wire import OWNER, Stamp
from brokkr_core.testing.cluster import EmbeddedCluster

MINE = Stamp(stack_id=STACK, checksum="c", deployment_object_id="d", owner_id=AGENT).annotations()
FOREIGN = {**MINE, OWNER: "another agent"}


class Listener:
    """Says it to nobody and writes it down."""

    def __init__(self, up: bool = True) -> None:
        self.up = up
        self.said: list[Outgoing] = []

    def send(self, said: Outgoing, /) -> bool:
        if self.up:
            self.said.append(said)
        return self.up

    def of(self, *kinds: type) -> list[Outgoing]:
        return [one for one in self.said if isinstance(one, kinds)]


def put(cluster: EmbeddedCluster, body: JsonObject, *, plural: str) -> JsonObject:
    """Create an object as the administrator, and return it as it stands."""
    space = as_text(dig(body, "metadata", "namespace"))
    path = f"/api/v1/namespaces/{space}/{plural}"
    answer = cluster.administer(Request(method="POST", path=path, body=json.dumps(body).encode()))
    assert answer.status == 201, answer.body
    found: JsonObject = json.loads(answer.body)
    return found


def pod_of(name: str, owner: JsonObject | None = None, *, annotations: dict[str, str] | None = None) -> JsonObject:
    """Write a pod of one container that an object manages."""
    metadata: JsonObject = {"name": name, "namespace": "default", "annotations": dict(annotations or {})}
    if owner is not None:
        reference: Json = {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": dig(owner, "metadata", "name"),
            "uid": dig(owner, "metadata", "uid"),
            "controller": True,
        }
        metadata["ownerReferences"] = [reference]
    containers: list[Json] = [{"name": "app", "image": "fine"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}


def owner_of(name: str, annotations: dict[str, str]) -> JsonObject:
    """Write something that can own a pod and does nothing with it, as a controller would."""
    metadata: JsonObject = {"name": name, "namespace": "default", "annotations": dict(annotations)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def client_of(cluster: EmbeddedCluster) -> KubeClient:
    return KubeClient(cluster.transport())


@contextmanager
def running(round_: Callable[[], None], close: Callable[[], None]) -> Iterator[None]:
    """Let a round go on in a thread of its own for the length of a block."""
    thread = threading.Thread(target=round_)
    thread.start()
    try:
        yield
    finally:
        close()
        thread.join(20.0)
        assert not thread.is_alive(), "the round did not end"
