"""managedFields that a request sends itself, and how the list is kept."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from cluster_support import (
    JSON_PATCH,
    MERGE_PATCH,
    Client,
    Reply,
    config_map,
    definition,
    deployment,
    gadget,
    managers,
    namespace,
    unique,
    with_metadata,
)


def entry(manager: str, fields: JsonObject, operation: str = "Apply") -> JsonObject:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


DATA_A: JsonObject = {"f:data": {"f:a": {}}}
DATA_B: JsonObject = {"f:data": {"f:b": {}}}


def test_a_put_that_changes_only_managed_fields_sets_ownership_exactly(client: Client) -> None:
    made = client.apply(config_map(a="1", b="2"), "first")
    listed: list[Json] = [entry("heir", DATA_A), entry("rest", DATA_B, "Update")]
    reply = client.replace(with_metadata(made.body, managedFields=listed)).expect(200)
    assert managers(reply) == {("heir", "Apply", ""): DATA_A, ("rest", "Update", ""): DATA_B}


def test_a_json_patch_of_managed_fields_sets_ownership_exactly(client: Client) -> None:
    made = client.apply(config_map(a="1"), "first")
    operations: list[Json] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": made.version},
        {"op": "replace", "path": "/metadata/managedFields", "value": [entry("heir", DATA_A)]},
    ]
    reply = client.patch(config_map(), operations, JSON_PATCH).expect(200)
    assert managers(reply) == {("heir", "Apply", ""): DATA_A}


def test_one_empty_entry_resets_the_list(client: Client) -> None:
    made = client.apply(config_map(a="1"), "first")
    reply = client.replace(with_metadata(made.body, managedFields=[{}])).expect(200)
    assert reply.get("metadata", "managedFields") is None


def test_an_empty_list_resets_the_list(client: Client) -> None:
    client.apply(config_map(a="1"), "first")
    reply = client.patch(config_map(), {"metadata": {"managedFields": []}}, MERGE_PATCH).expect(200)
    assert reply.get("metadata", "managedFields") is None


def test_a_put_without_managed_fields_keeps_them(client: Client) -> None:
    client.apply(config_map(a="1"), "first")
    assert managers(client.replace(config_map(a="1")).expect(200)) == {("first", "Apply", ""): DATA_A}


def test_values_and_managed_fields_in_one_put_book_the_change_to_the_writer(client: Client) -> None:
    made = client.apply(config_map(a="1", b="2"), "first")
    body = with_metadata(
        {**made.body, "data": {"a": "9", "b": "2"}}, managedFields=[entry("heir", {"f:data": {"f:a": {}, "f:b": {}}})]
    )
    reply = client.replace(body, fieldManager="editor").expect(200)
    assert managers(reply) == {("heir", "Apply", ""): DATA_B, ("editor", "Update", ""): DATA_A}


def test_an_object_whose_managers_were_reset_is_not_tracked_until_it_is_applied(client: Client) -> None:
    client.create(config_map(a="1"))
    client.patch(config_map(), {"metadata": {"managedFields": [{}]}}, MERGE_PATCH)
    assert managers(client.patch(config_map(), {"data": {"a": "2"}}, MERGE_PATCH).expect(200)) == {}


def test_unreadable_managed_fields_are_ignored(client: Client) -> None:
    made = client.apply(config_map(a="1"), "first")
    broken: JsonObject = {**entry("heir", DATA_A), "operation": "Steal"}
    reply = client.replace(with_metadata(made.body, managedFields=[broken]))
    assert reply.status in {200, 422}
    assert managers(client.read(config_map())) == {("first", "Apply", ""): DATA_A}


def test_a_creator_owns_maps_it_made_as_a_whole_too(client: Client) -> None:
    reply = client.create(with_metadata(config_map(a="1"), labels={"x": "y"}), fieldManager="maker")
    assert managers(reply)["maker", "Update", ""] == {
        "f:data": {".": {}, "f:a": {}},
        "f:metadata": {"f:labels": {".": {}, "f:x": {}}},
    }


def test_a_creator_owns_the_defaults_he_got(client: Client) -> None:
    reply = client.create(deployment(), fieldManager="maker").expect(201)
    spec = dig(managers(reply)["maker", "Update", ""], "f:spec")
    assert dig(spec, "f:strategy") == {
        "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}},
        "f:type": {},
    }
    assert dig(spec, "f:progressDeadlineSeconds") == {}


def test_a_creator_of_a_custom_resource_owns_its_spec(client: Client, group: str) -> None:
    reply = client.create(gadget(group, size=1), fieldManager="maker").expect(201)
    assert managers(reply)["maker", "Update", ""] == {"f:spec": {".": {}, "f:size": {}}}


def test_never_owned_metadata_is_in_no_entry(client: Client) -> None:
    reply = client.apply(with_metadata(config_map(a="1"), namespace=client.namespace))
    assert managers(reply) == {("tester", "Apply", ""): DATA_A}


def test_appliers_come_before_updaters_in_the_list(client: Client) -> None:
    client.create(config_map(a="1"), fieldManager="zz")
    reply = client.apply(config_map(b="1"), "aa")
    listed = as_list(reply.get("metadata", "managedFields"))
    assert [dig(item, "operation") for item in listed] == ["Apply", "Update"]


def test_an_entry_says_when_and_in_which_version(client: Client) -> None:
    reply = client.apply(deployment())
    listed = as_list(reply.get("metadata", "managedFields"))
    assert dig(listed[0], "apiVersion") == "apps/v1"
    assert dig(listed[0], "fieldsType") == "FieldsV1"
    assert str(dig(listed[0], "time")).endswith("Z")


def test_more_than_ten_updaters_are_folded_into_ancient_changes(client: Client) -> None:
    client.create(config_map(k0="0"), fieldManager="m00")
    for number in range(1, 13):
        patch: JsonObject = {"data": {f"k{number}": "x"}}
        client.patch(config_map(), patch, MERGE_PATCH, fieldManager=f"m{number:02}").expect(200)
    found = managers(client.read(config_map()))
    assert len(found) == 10
    assert ("ancient-changes", "Update", "") in found


def test_a_removed_field_leaves_every_owner(client: Client) -> None:
    client.apply(config_map(a="1", b="1"), "first")
    client.apply(config_map(a="1"), "second")
    client.patch(config_map(), {"data": {"a": None}}, MERGE_PATCH, fieldManager="editor")
    reply = client.read(config_map())
    assert managers(reply) == {("first", "Apply", ""): DATA_B}


def times(reply: Reply) -> dict[str, Json]:
    return {as_text(dig(e, "manager")): dig(e, "time") for e in as_list(reply.get("metadata", "managedFields"))}


def test_an_apply_that_moves_ownership_alone_has_no_time(client: Client) -> None:
    first = client.apply(config_map(a="1", b="2"), "first")
    both = client.apply(config_map(a="1"), "second").expect(200)
    assert times(both) == {"second": None, "first": times(first)["first"]}
    assert both.version != first.version
    client.apply(config_map(a="1", b="3"), "first", force=True).expect(200)
    assert times(client.apply(config_map(a="1", b="3", c="4"), "second"))["second"]


def test_the_server_owns_the_status_of_a_definition(client: Client, group: str) -> None:
    found = managers(client.read(definition(group)))
    (fields,) = (fields for (_, _, subresource), fields in found.items() if subresource == "status")
    assert {"f:acceptedNames", "f:conditions"} <= as_object(fields["f:status"]).keys()


def test_the_creator_of_a_namespace_owns_the_label_with_its_name(client: Client) -> None:
    name = unique("owned")
    found = managers(client.create(namespace(name), fieldManager="maker").expect(201))
    client.delete(namespace(name))
    assert dig(found["maker", "Update", ""], "f:metadata", "f:labels", "f:kubernetes.io/metadata.name") == {}


def test_the_list_of_containers_is_there_before_anybody_writes_it(client: Client) -> None:
    found = managers(client.create(deployment(), fieldManager="maker").expect(201))["maker", "Update", ""]
    containers = as_object(dig(found, "f:spec", "f:template", "f:spec", "f:containers"))
    assert list(containers) == ['k:{"name":"main"}']


def test_a_map_that_another_still_owns_vanishes_with_its_last_member(client: Client) -> None:
    client.create(with_metadata(config_map(), labels={"theirs": "1"}), fieldManager="other").expect(201)
    client.apply(with_metadata(config_map(a="1"), labels={"mine": "1"})).expect(200)
    client.patch(config_map(), {"metadata": {"labels": {"theirs": None}}}, MERGE_PATCH, fieldManager="other").expect(
        200
    )
    given_up = client.apply(config_map(a="1")).expect(200)
    assert given_up.get("metadata", "labels") is None
    assert given_up.get("data") == {"a": "1"}
