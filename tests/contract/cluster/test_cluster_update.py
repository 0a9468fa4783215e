"""PUT: whole objects, optimistic concurrency, subresources."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import JsonObject, as_object
from cluster_support import MERGE_PATCH, Client, config_map, deployment, gadget, managers, with_metadata


def test_a_put_replaces_what_was_there(client: Client) -> None:
    client.create(config_map(a="1", b="2"))
    reply = client.replace(config_map(a="9")).expect(200)
    assert reply.get("data") == {"a": "9"}


def test_a_put_keeps_the_identity(client: Client) -> None:
    created = client.create(config_map(a="1"))
    reply = client.replace(config_map(a="2"))
    assert reply.uid == created.uid
    assert reply.get("metadata", "creationTimestamp") == created.get("metadata", "creationTimestamp")


def test_a_put_with_an_old_resource_version_conflicts(client: Client) -> None:
    old = client.create(config_map(a="1"))
    client.replace(config_map(a="2"))
    reply = client.replace(with_metadata(config_map(a="3"), resourceVersion=old.version)).expect(409)
    assert reply.reason == "Conflict"
    assert "the object has been modified" in reply.message
    assert client.read(config_map()).get("data", "a") == "2"


def test_a_put_with_another_uid_conflicts(client: Client) -> None:
    client.create(config_map(a="1"))
    reply = client.replace(with_metadata(config_map(a="2"), uid="11111111-1111-4111-8111-111111111111")).expect(409)
    assert "Precondition failed: UID in precondition" in reply.message


def test_a_put_of_a_missing_object_is_not_found(client: Client) -> None:
    reply = client.replace(config_map()).expect(404)
    assert reply.message == 'configmaps "settings" not found'


def test_a_put_under_another_name_is_a_bad_request(client: Client) -> None:
    client.create(config_map())
    path = client.path("v1", "ConfigMap", "settings")
    reply = client.call("PUT", path, config_map("other")).expect(400)
    assert reply.message == "the name of the object (other) does not match the name on the URL (settings)"


@pytest.mark.usefixtures("untouched")
def test_a_put_that_changes_nothing_keeps_the_resource_version(client: Client) -> None:
    client.create(config_map(a="1"), fieldManager="tester")
    before = client.read(config_map())
    after = client.replace(before.body, fieldManager="tester").expect(200)
    assert after.body == before.body


def test_a_dry_run_of_a_put_stores_nothing(client: Client) -> None:
    created = client.create(config_map(a="1"))
    assert client.replace(config_map(a="2"), dryRun="All").expect(200).get("data", "a") == "2"
    assert client.read(config_map()).body == created.body


def test_a_custom_resource_cannot_be_put_without_a_resource_version(client: Client, group: str) -> None:
    client.create(gadget(group, size=1)).expect(201)
    reply = client.replace(gadget(group, size=2)).expect(422)
    assert reply.causes == [("FieldValueInvalid", "metadata.resourceVersion")]


def test_generation_counts_changes_of_the_spec_only(client: Client) -> None:
    created = client.create(deployment())
    labelled = client.replace(with_metadata(deployment(), labels={"a": "b"}))
    scaled = client.replace(deployment(replicas=5))
    assert [r.get("metadata", "generation") for r in (created, labelled, scaled)] == [1, 1, 2]


def test_a_deployment_counts_its_annotations_and_a_stateful_set_does_not(client: Client) -> None:
    stateful = {**deployment(), "kind": "StatefulSet"}
    for body, counted in ((deployment(), 2), (stateful, 1)):
        client.create(body).expect(201)
        noted = client.patch(body, {"metadata": {"annotations": {"a": "b"}}}, MERGE_PATCH).expect(200)
        assert noted.get("metadata", "generation") == counted


def test_the_main_resource_does_not_write_status(client: Client) -> None:
    client.create(deployment())
    reply = client.replace({**deployment(), "status": {"replicas": 3}}).expect(200)
    assert reply.get("status", "replicas") is None


def test_the_status_subresource_writes_status_and_nothing_else(client: Client) -> None:
    client.create(deployment(replicas=2))
    body: JsonObject = {**deployment(replicas=9), "status": {"replicas": 3}}
    reply = client.replace(body, subresource="status").expect(200)
    assert reply.get("status", "replicas") == 3
    assert reply.get("spec", "replicas") == 2
    assert reply.get("metadata", "generation") == 1


def test_a_status_write_is_booked_to_its_subresource(client: Client) -> None:
    client.create(deployment())
    body: JsonObject = {**deployment(), "status": {"replicas": 3}}
    reply = client.replace(body, subresource="status", fieldManager="controller")
    assert managers(reply)["controller", "Update", "status"] == {"f:status": {"f:replicas": {}}}


def test_a_status_write_of_a_built_in_kind_takes_annotations_along_but_no_labels(client: Client) -> None:
    client.create(deployment())
    body = with_metadata({**deployment(), "status": {"replicas": 3}}, annotations={"a": "1"}, labels={"b": "2"})
    reply = client.replace(body, subresource="status", fieldManager="controller").expect(200)
    assert reply.get("metadata", "annotations") == {"a": "1"}
    assert reply.get("metadata", "labels") is None
    assert set(managers(reply)["controller", "Update", "status"]) == {"f:metadata", "f:status"}


def test_a_status_write_of_a_custom_resource_leaves_the_metadata_alone(client: Client, group: str) -> None:
    made = client.create(gadget(group, size=1))
    body = with_metadata({**made.body, "status": {"ready": True}}, annotations={"a": "1"})
    reply = client.replace(body, subresource="status").expect(200)
    assert (reply.get("status", "ready"), reply.get("metadata", "annotations", "a")) == (True, None)


def test_a_subresource_that_does_not_exist_is_not_found(client: Client) -> None:
    client.create(config_map())
    assert client.replace(config_map(), subresource="status").status == 404


def test_a_dry_run_of_a_subresource_stores_nothing(client: Client) -> None:
    client.create(deployment(replicas=0))
    scaled = client.patch(deployment(), {"spec": {"replicas": 4}}, MERGE_PATCH, subresource="scale", dryRun="All")
    assert scaled.expect(200).get("spec", "replicas") == 4
    seen: JsonObject = {"status": {"collisionCount": 7}}
    told = client.patch(deployment(), seen, MERGE_PATCH, subresource="status", dryRun="All")
    assert told.expect(200).get("status", "collisionCount") == 7
    live = client.read(deployment())
    assert live.get("spec", "replicas") == 0
    assert live.get("status", "collisionCount") is None


def test_scale_reads_and_writes_the_replicas(client: Client) -> None:
    client.create(deployment(replicas=2))
    path = client.path_of(deployment(), subresource="scale")
    scale = client.call("GET", path).expect(200)
    assert (scale.get("kind"), scale.get("spec", "replicas")) == ("Scale", 2)
    wanted = {**scale.body, "spec": {**as_object(scale.get("spec")), "replicas": 4}}
    client.call("PUT", path, wanted).expect(200)
    assert client.read(deployment()).get("spec", "replicas") == 4
