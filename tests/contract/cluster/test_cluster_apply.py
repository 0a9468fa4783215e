"""Server-side apply: creating, merging, giving up, conflicts."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import JsonObject, as_list, dig
from cluster_support import (
    MERGE_PATCH,
    Client,
    Reply,
    config_map,
    deployment,
    gadget,
    managers,
    service,
    unique,
    with_metadata,
)


def owned(reply: Reply, manager: str, operation: str = "Apply") -> JsonObject:
    return managers(reply).get((manager, operation, ""), {})


def test_apply_creates_what_is_missing(client: Client) -> None:
    reply = client.apply(config_map(a="1")).expect(201)
    assert reply.get("data") == {"a": "1"}
    assert owned(reply, "tester") == {"f:data": {"f:a": {}}}


def test_apply_merges_into_what_is_there(client: Client) -> None:
    client.create(config_map(a="1"))
    assert client.apply(config_map(b="2")).expect(200).get("data") == {"a": "1", "b": "2"}


def test_applying_the_same_again_changes_nothing(client: Client) -> None:
    first = client.apply(deployment()).expect(201)
    again = client.apply(deployment()).expect(200)
    assert again.body == first.body


def test_apply_needs_a_field_manager(client: Client) -> None:
    path = client.path_of(config_map())
    reply = client.call("PATCH", path, config_map(), content_type="application/apply-patch+yaml").expect(422)
    assert reply.causes == [("FieldValueRequired", "fieldManager")]
    assert "is required for apply patch" in reply.message


def test_apply_takes_no_managed_fields(client: Client) -> None:
    entry: JsonObject = {"manager": "x", "operation": "Apply"}
    reply = client.apply(with_metadata(config_map(), managedFields=[entry])).expect(400)
    assert reply.message == "metadata.managedFields must be nil"


def test_apply_of_another_api_version_than_the_path_is_a_bad_request(client: Client) -> None:
    body = {**deployment(), "apiVersion": "apps/v2"}
    path = client.path_of(deployment())
    query = {"fieldManager": "tester"}
    assert client.call("PATCH", path, body, query=query, content_type="application/apply-patch+yaml").status == 400


def test_a_field_the_manager_no_longer_applies_goes_away(client: Client) -> None:
    client.apply(config_map(a="1", b="2"))
    reply = client.apply(config_map(a="1")).expect(200)
    assert reply.get("data") == {"a": "1"}


def test_a_field_somebody_else_owns_too_stays(client: Client) -> None:
    client.apply(config_map(a="1", b="2"), "first")
    client.apply(config_map(b="2"), "second").expect(200)
    reply = client.apply(config_map(a="1"), "first")
    assert reply.get("data") == {"a": "1", "b": "2"}
    assert owned(reply, "second") == {"f:data": {"f:b": {}}}


def test_the_same_value_is_owned_together(client: Client) -> None:
    client.apply(config_map(a="1"), "first")
    reply = client.apply(config_map(a="1"), "second").expect(200)
    assert owned(reply, "first") == owned(reply, "second") == {"f:data": {"f:a": {}}}


def test_another_value_conflicts_and_names_the_owner(client: Client) -> None:
    client.apply(config_map(a="1"), "first")
    reply = client.apply(config_map(a="2"), "second").expect(409)
    assert reply.reason == "Conflict"
    assert reply.message == 'Apply failed with 1 conflict: conflict with "first": .data.a'
    assert reply.causes == [("FieldManagerConflict", ".data.a")]
    assert client.read(config_map()).get("data", "a") == "1"


def test_several_conflicts_are_listed_by_owner(client: Client) -> None:
    client.apply(config_map(a="1", b="1"), "first")
    client.apply(config_map(c="1"), "third")
    reply = client.apply(config_map(a="2", b="2", c="2"), "second").expect(409)
    assert reply.message == (
        'Apply failed with 3 conflicts: conflicts with "first":\n- .data.a\n- .data.b\n'
        'conflicts with "third":\n- .data.c'
    )


def test_a_conflict_with_an_updater_names_its_api_version(client: Client) -> None:
    client.create(config_map(a="1"), fieldManager="editor")
    reply = client.apply(config_map(a="2")).expect(409)
    assert reply.message == 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a'


def test_force_takes_the_field_over(client: Client) -> None:
    client.apply(config_map(a="1", b="1"), "first")
    reply = client.apply(config_map(a="2"), "second", force=True).expect(200)
    assert reply.get("data") == {"a": "2", "b": "1"}
    assert owned(reply, "first") == {"f:data": {"f:b": {}}}
    assert owned(reply, "second") == {"f:data": {"f:a": {}}}


def test_a_manager_without_fields_disappears(client: Client) -> None:
    client.apply(config_map(a="1"), "first")
    reply = client.apply(config_map(a="2"), "second", force=True)
    assert ("first", "Apply", "") not in managers(reply)


def test_nobody_conflicts_with_himself(client: Client) -> None:
    client.apply(config_map(a="1"))
    assert client.apply(config_map(a="2")).expect(200).get("data", "a") == "2"


def test_a_write_that_is_no_apply_takes_the_field_from_the_applier(client: Client) -> None:
    client.apply(config_map(a="1", b="1"), "first")
    client.patch(config_map(), {"data": {"a": "2"}}, MERGE_PATCH, fieldManager="editor")
    reply = client.read(config_map())
    assert owned(reply, "first") == {"f:data": {"f:b": {}}}
    assert owned(reply, "editor", "Update") == {"f:data": {"f:a": {}}}


def test_one_name_is_two_managers_when_it_applies_and_updates(client: Client) -> None:
    client.create(config_map(a="1"), fieldManager="tester")
    reply = client.apply(config_map(a="2"), "tester").expect(409)
    assert reply.message == 'Apply failed with 1 conflict: conflict with "tester" using v1: .data.a'


def test_a_dry_run_of_apply_conflicts_and_stores_nothing(client: Client) -> None:
    created = client.apply(config_map(a="1"), "first")
    client.apply(config_map(a="2"), "second", dryRun="All").expect(409)
    assert client.apply(config_map(a="2"), "first", dryRun="All").expect(200).get("data", "a") == "2"
    assert client.read(config_map()).body == created.body


def test_a_dry_run_of_a_creating_apply_stores_nothing(client: Client) -> None:
    assert client.apply(config_map(a="1"), dryRun="All").expect(201).uid
    assert client.gone(config_map())


def test_a_uid_in_the_body_forbids_creating(client: Client) -> None:
    uid = "11111111-1111-4111-8111-111111111111"
    reply = client.apply(with_metadata(config_map(), uid=uid)).expect(409)
    assert reply.message == (
        'Operation cannot be fulfilled on configmaps "settings": uid mismatch: the provided object specified uid '
        f"{uid}, and no existing object was found"
    )


def test_another_uid_in_the_body_is_invalid(client: Client) -> None:
    client.apply(config_map(a="1"))
    reply = client.apply(with_metadata(config_map(a="2"), uid="11111111-1111-4111-8111-111111111111"))
    assert reply.status in {409, 422}
    assert client.read(config_map()).get("data", "a") == "1"


def test_the_right_uid_and_version_let_the_apply_through(client: Client) -> None:
    made = client.apply(config_map(a="1"))
    body = with_metadata(config_map(a="2"), uid=made.uid, resourceVersion=made.version)
    assert client.apply(body).expect(200).get("data", "a") == "2"


def test_an_old_version_in_the_body_conflicts(client: Client) -> None:
    made = client.apply(config_map(a="1"))
    client.apply(config_map(a="2"))
    body = with_metadata(config_map(a="3"), resourceVersion=made.version)
    reply = client.apply(body).expect(409)
    assert "the object has been modified" in reply.message


def test_an_undeclared_field_fails_without_a_reason(client: Client) -> None:
    reply = client.apply({**config_map(), "dta": {"a": "1"}}).expect(500)
    assert reply.get("reason") is None
    assert reply.message == (
        "failed to create typed patch object (/settings; /v1, Kind=ConfigMap): .dta: field not declared in schema"
    )


def test_a_value_of_the_wrong_type_fails(client: Client) -> None:
    body = deployment()
    assert isinstance(body["spec"], dict)
    body["spec"]["replicas"] = "two"
    reply = client.apply(body).expect(500)
    assert ".spec.replicas: expected numeric (int or float), got" in reply.message


def test_a_missing_namespace_is_not_found(client: Client) -> None:
    nowhere = Client(client.transport, unique("nowhere"))
    assert nowhere.apply(config_map()).expect(404).message == f'namespaces "{nowhere.namespace}" not found'


def test_labels_and_annotations_are_owned_key_by_key(client: Client) -> None:
    client.apply(with_metadata(config_map(), labels={"a": "1"}), "first")
    reply = client.apply(with_metadata(config_map(), labels={"b": "2"}), "second").expect(200)
    assert reply.get("metadata", "labels") == {"a": "1", "b": "2"}
    assert owned(reply, "second") == {"f:metadata": {"f:labels": {"f:b": {}}}}


def test_a_selector_is_owned_as_a_whole(client: Client) -> None:
    client.apply(service("web", 80), "first")
    other = service("web", 80)
    assert isinstance(other["spec"], dict)
    other["spec"]["selector"] = {"app": "web", "tier": "x"}
    reply = client.apply(other, "second").expect(409)
    assert reply.causes == [("FieldManagerConflict", ".spec.selector")]


def test_an_atomic_list_is_owned_as_a_whole(client: Client) -> None:
    body: JsonObject = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    assert owned(client.apply(body).expect(201), "tester") == {"f:rules": {}}


def test_defaults_are_owned_by_nobody_after_an_apply(client: Client) -> None:
    reply = client.apply(deployment(replicas=None)).expect(201)
    assert reply.get("spec", "replicas") == 1
    assert "f:replicas" not in str(managers(reply))


def test_giving_up_a_defaulted_field_brings_the_default_back(client: Client) -> None:
    client.apply(deployment(replicas=5))
    assert client.apply(deployment(replicas=None)).expect(200).get("spec", "replicas") == 1


def test_two_managers_share_an_object_without_conflict(client: Client) -> None:
    client.apply(deployment(replicas=None), "deployer").expect(201)
    scaler: JsonObject = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": 7},
    }
    client.apply(scaler, "scaler").expect(200)
    reply = client.apply(deployment(replicas=None, image="nginx:2"), "deployer").expect(200)
    assert reply.get("spec", "replicas") == 7
    assert reply.get("metadata", "generation") == 3


def test_apply_to_the_status_subresource_is_a_manager_of_its_own(client: Client) -> None:
    client.apply(deployment())
    body: JsonObject = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    reply = client.apply({**body, "status": {"replicas": 2}}, "tester", subresource="status").expect(200)
    assert managers(reply)["tester", "Apply", "status"] == {"f:status": {"f:replicas": {}}}
    assert reply.get("status", "replicas") == 2


def test_the_first_apply_to_an_object_without_managers_books_the_rest_to_history(client: Client) -> None:
    client.create(config_map(a="1", b="2"))
    client.patch(config_map(), {"metadata": {"managedFields": [{}]}}, MERGE_PATCH)
    reply = client.apply(config_map(a="1")).expect(200)
    history = managers(reply)["before-first-apply", "Update", ""]
    assert history["f:data"] == {".": {}, "f:a": {}, "f:b": {}}


def test_custom_resources_are_merged_by_their_schema_or_as_plain_maps(client: Client, group: str) -> None:
    client.apply(gadget(group, size=1, tags=["a"]), "first").expect(201)
    reply = client.apply(gadget(group, tags=["b"]), "second").expect(409)
    assert reply.causes == [("FieldManagerConflict", ".spec.tags")]
    assert client.apply(gadget(group, colour="red"), "second").expect(200).get("spec", "size") == 1


@pytest.mark.parametrize("value", [None, {}])
def test_an_empty_map_owns_itself_only(client: Client, value: JsonObject | None) -> None:
    body = deployment()
    assert isinstance(body["spec"], dict)
    template = body["spec"]["template"]
    assert isinstance(template, dict)
    assert isinstance(template["spec"], dict)
    template["spec"]["securityContext"] = value
    reply = client.apply(body).expect(201)
    fields = dig(owned(reply, "tester"), "f:spec", "f:template", "f:spec", "f:securityContext")
    assert fields == {}


def test_an_empty_list_owns_nothing(client: Client) -> None:
    body = with_metadata(config_map(a="1"), finalizers=[])
    reply = client.apply(body).expect(201)
    assert owned(reply, "tester") == {"f:data": {"f:a": {}}}
    assert as_list(reply.get("metadata", "finalizers")) == []
