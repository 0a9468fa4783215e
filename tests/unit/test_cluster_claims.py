"""Claims on storage in the cluster in memory: bound at once, and never smaller than what they got."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster import EmbeddedCluster, Settings
from cluster_support import MERGE_PATCH, Client


@pytest.fixture
def client() -> Iterator[Client]:
    with EmbeddedCluster(Settings(controllers=True)) as cluster:
        yield Client(cluster.transport())


def claim(size: str) -> JsonObject:
    spec: JsonObject = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "disk"}, "spec": spec}


def test_a_claim_is_bound_to_a_volume_that_goes_with_it(client: Client) -> None:
    body = claim("1Gi")
    client.apply(body).expect(201)
    bound = client.read(body)
    assert bound.get("status", "phase") == "Bound"
    path = f"/api/v1/persistentvolumes/{bound.get('spec', 'volumeName')}"
    assert client.call("GET", path).expect(200).get("spec", "claimRef", "uid") == bound.uid
    client.delete(body)
    assert client.call("GET", path).status == 404


def test_a_bound_claim_grows_and_never_shrinks(client: Client) -> None:
    body = claim("1Gi")
    client.apply(body).expect(201)
    client.patch(body, claim("2000Mi"), MERGE_PATCH).expect(200)
    client.patch(body, claim("1100Mi"), MERGE_PATCH).expect(200)  # its volume has not grown yet
    reply = client.patch(body, claim("1Gi"), MERGE_PATCH).expect(422)
    assert reply.causes == [("FieldValueForbidden", "spec.resources.requests.storage")]
    assert "field can not be less than status.capacity" in reply.message
