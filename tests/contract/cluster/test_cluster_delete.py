"""DELETE: preconditions, finalizers, dry run, collections."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_list
from cluster_support import MERGE_PATCH, Client, config_map, deployment, namespace, with_metadata


def test_a_deleted_object_is_gone(client: Client) -> None:
    made = client.create(config_map())
    reply = client.delete(config_map()).expect(200)
    assert (reply.get("kind"), reply.get("status")) == ("Status", "Success")
    assert reply.get("details", "uid") == made.uid
    assert client.gone(config_map())


def test_a_missing_object_is_not_found(client: Client) -> None:
    assert client.delete(config_map()).expect(404).reason == "NotFound"


def test_another_uid_as_precondition_conflicts(client: Client) -> None:
    client.create(config_map())
    uid = "11111111-1111-4111-8111-111111111111"
    reply = client.delete(config_map(), {"preconditions": {"uid": uid}}).expect(409)
    assert reply.reason == "Conflict"
    assert f"the UID in the precondition ({uid}) does not match the UID in record" in reply.message
    assert not client.gone(config_map())


def test_an_old_version_as_precondition_conflicts(client: Client) -> None:
    old = client.create(config_map(a="1"))
    client.replace(config_map(a="2"))
    options: JsonObject = {"preconditions": {"resourceVersion": old.version}}
    assert "ResourceVersion in the precondition" in client.delete(config_map(), options).expect(409).message


def test_right_preconditions_let_the_delete_through(client: Client) -> None:
    made = client.create(config_map())
    client.delete(config_map(), {"preconditions": {"uid": made.uid, "resourceVersion": made.version}}).expect(200)
    assert client.gone(config_map())


def test_a_dry_run_of_a_delete_deletes_nothing(client: Client) -> None:
    made = client.create(config_map())
    client.delete(config_map(), dryRun="All").expect(200)
    client.delete(config_map(), {"dryRun": ["All"]}).expect(200)
    assert client.read(config_map()).body == made.body


def test_a_dry_run_deletes_no_collection_and_no_namespace(client: Client) -> None:
    made = client.create(config_map())
    client.call("DELETE", client.path("v1", "ConfigMap"), query={"dryRun": "All"}).expect(200)
    client.delete(namespace(client.namespace), dryRun="All").expect(200)
    assert client.read(config_map()).body == made.body
    assert client.read(namespace(client.namespace)).get("status", "phase") == "Active"


def test_a_finalizer_keeps_the_object_and_marks_it(client: Client) -> None:
    made = client.create(with_metadata(config_map(), finalizers=["example.com/hold"]))
    reply = client.delete(config_map()).expect(200)
    assert reply.uid == made.uid
    assert reply.get("metadata", "deletionTimestamp")
    assert reply.get("metadata", "deletionGracePeriodSeconds") == 0
    assert not client.gone(config_map())
    client.patch(config_map(), {"metadata": {"finalizers": None}}, MERGE_PATCH)


def test_the_last_finalizer_ends_a_marked_object(client: Client) -> None:
    client.create(with_metadata(config_map(), finalizers=["example.com/hold"]))
    client.delete(config_map())
    client.patch(config_map(), {"metadata": {"finalizers": []}}, MERGE_PATCH).expect(200)
    assert client.gone(config_map())


def test_a_marked_object_takes_no_new_finalizer(client: Client) -> None:
    client.create(with_metadata(config_map(), finalizers=["example.com/hold"]))
    client.delete(config_map())
    both: JsonObject = {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}
    reply = client.patch(config_map(), both, MERGE_PATCH).expect(422)
    assert set(reply.causes) == {("FieldValueForbidden", "metadata.finalizers")}
    client.patch(config_map(), {"metadata": {"finalizers": None}}, MERGE_PATCH)


def test_a_marked_object_can_still_be_changed(client: Client) -> None:
    client.create(with_metadata(config_map(a="1"), finalizers=["example.com/hold"]))
    client.delete(config_map())
    assert client.patch(config_map(), {"data": {"a": "2"}}, MERGE_PATCH).expect(200).get("data", "a") == "2"
    client.patch(config_map(), {"metadata": {"finalizers": None}}, MERGE_PATCH)


def test_deleting_a_marked_object_again_changes_nothing(client: Client) -> None:
    client.create(with_metadata(config_map(), finalizers=["example.com/hold"]))
    first = client.delete(config_map())
    assert client.delete(config_map()).expect(200).body == first.body
    client.patch(config_map(), {"metadata": {"finalizers": None}}, MERGE_PATCH)


def test_marking_counts_as_a_new_generation(client: Client) -> None:
    client.create(with_metadata(deployment(), finalizers=["example.com/hold"]))
    assert client.delete(deployment()).expect(200).get("metadata", "generation") == 2
    client.patch(deployment(), {"metadata": {"finalizers": None}}, MERGE_PATCH)


def test_an_unknown_propagation_policy_is_invalid(client: Client) -> None:
    client.create(config_map())
    assert client.delete(config_map(), propagationPolicy="Sideways").expect(422).reason == "Invalid"


def test_a_collection_is_deleted_by_selector(client: Client) -> None:
    for name, tier in (("one", "a"), ("two", "a"), ("three", "b")):
        client.create(with_metadata(config_map(name), labels={"tier": tier}))
    client.call("DELETE", client.path("v1", "ConfigMap"), query={"labelSelector": "tier=a"}).expect(200)
    left = client.list("v1", "ConfigMap", labelSelector="tier").names
    assert left == ["three"]


def test_the_default_namespace_cannot_be_deleted(client: Client) -> None:
    reply = client.delete(namespace("default")).expect(403)
    assert reply.message == 'namespaces "default" is forbidden: this namespace may not be deleted'
    assert as_list(reply.get("details", "causes")) == []
