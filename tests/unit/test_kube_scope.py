"""A client that is confined to a namespace sends nothing that leads out of it."""

from __future__ import annotations

import pytest

from brokkr_core.errors import ForbiddenError
from brokkr_core.kube import KubeClient
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.testing.cluster import EmbeddedCluster, Settings

MAP = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="shop", name="one")
ELSEWHERE = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name="one")
CLUSTERWIDE = ObjectRef(group="", version="v1", kind="Namespace", name="shop")


def confined() -> tuple[EmbeddedCluster, KubeClient]:
    cluster = EmbeddedCluster(settings=Settings(namespaces=("default", "shop")))
    return cluster, KubeClient(cluster.transport(), namespace="shop", only="shop")


def test_all_namespaces_are_the_one() -> None:
    cluster, client = confined()
    everywhere = KubeClient(cluster.transport())
    for ref in (MAP, ELSEWHERE):
        everywhere.create({"metadata": {"name": "one", "namespace": ref.namespace}}, ref, manager="test")
    resource = client.resource(MAP)

    assert [ref_of(one) for one in client.list(resource)] == [MAP]
    with client.watch(resource, resource_version="0") as watch:
        assert ref_of(next(iter(watch)).body) == MAP
    asked = [one.path for one in cluster.requests if one.path.endswith("/configmaps") and one.method == "GET"]
    assert asked == ["/api/v1/namespaces/shop/configmaps"] * 2


@pytest.mark.parametrize("ref", [ELSEWHERE, CLUSTERWIDE])
def test_what_lies_outside_is_forbidden_and_not_asked_for(ref: ObjectRef) -> None:
    cluster, client = confined()
    resource = client.resource(ref)
    before = len(cluster.requests)
    for call in (
        lambda: client.find(ref),
        lambda: client.apply({}, ref, manager="test"),
        lambda: client.create({}, ref, manager="test"),
        lambda: client.replace({}, ref, manager="test"),
        lambda: client.delete(ref, uid="u"),
        lambda: list(client.list(resource, namespace=ref.namespace)),
        lambda: client.watch(resource, namespace=ref.namespace),
        lambda: client.log(ref, container="c", lines=1, most_bytes=1),
    ):
        with pytest.raises(ForbiddenError, match="confined to namespace 'shop'"):
            call()

    assert len(cluster.requests) == before
