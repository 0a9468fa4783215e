"""PATCH with the three formats that are no apply."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from cluster_support import (
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    Client,
    Reply,
    config_map,
    deployment,
    gadget,
    managers,
)


def images(reply: Reply) -> dict[str, object]:
    containers = as_list(reply.get("spec", "template", "spec", "containers"))
    return {str(dig(container, "name")): dig(container, "image") for container in containers}


def test_a_merge_patch_merges_maps_and_removes_nulls(client: Client) -> None:
    client.create(config_map(a="1", b="2"))
    reply = client.patch(config_map(), {"data": {"b": None, "c": "3"}}, MERGE_PATCH).expect(200)
    assert reply.get("data") == {"a": "1", "c": "3"}


def test_a_merge_patch_replaces_lists(client: Client) -> None:
    client.create(deployment())
    containers: list[Json] = [{"name": "other", "image": "busybox:1"}]
    patch: JsonObject = {"spec": {"template": {"spec": {"containers": containers}}}}
    assert images(client.patch(deployment(), patch, MERGE_PATCH).expect(200)) == {"other": "busybox:1"}


def test_a_strategic_patch_merges_lists_by_their_key(client: Client) -> None:
    client.create(deployment())
    containers: list[Json] = [{"name": "side", "image": "busybox:1"}]
    patch: JsonObject = {"spec": {"template": {"spec": {"containers": containers}}}}
    reply = client.patch(deployment(), patch, STRATEGIC_PATCH).expect(200)
    assert images(reply) == {"main": "nginx:1", "side": "busybox:1"}


def test_a_strategic_patch_deletes_list_items_by_directive(client: Client) -> None:
    client.create(deployment())
    both: JsonObject = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox:1"}]}}}}
    client.patch(deployment(), both, STRATEGIC_PATCH)
    one: JsonObject = {"spec": {"template": {"spec": {"containers": [{"name": "main", "$patch": "delete"}]}}}}
    assert images(client.patch(deployment(), one, STRATEGIC_PATCH).expect(200)) == {"side": "busybox:1"}


def test_a_strategic_patch_replaces_by_directive(client: Client) -> None:
    client.create(config_map(a="1", b="2"))
    patch: JsonObject = {"data": {"$patch": "replace", "c": "3"}}
    assert client.patch(config_map(), patch, STRATEGIC_PATCH).expect(200).get("data") == {"c": "3"}


def test_a_strategic_patch_keeps_the_element_order_it_names(client: Client) -> None:
    client.create(deployment())
    containers: list[Json] = [{"name": "side", "image": "busybox:1"}]
    order: list[Json] = [{"name": "side"}, {"name": "main"}]
    patch: JsonObject = {
        "spec": {"template": {"spec": {"containers": containers, "$setElementOrder/containers": order}}}
    }
    reply = client.patch(deployment(), patch, STRATEGIC_PATCH).expect(200)
    assert list(images(reply)) == ["side", "main"]


def test_custom_resources_take_no_strategic_patch(client: Client, group: str) -> None:
    client.create(gadget(group, size=1))
    reply = client.patch(gadget(group), {"spec": {"size": 2}}, STRATEGIC_PATCH).expect(415)
    assert "application/merge-patch+json" in reply.message


def test_a_json_patch_is_carried_out_in_order(client: Client) -> None:
    client.create(config_map(a="1"))
    operations: list[Json] = [
        {"op": "test", "path": "/data/a", "value": "1"},
        {"op": "add", "path": "/data/b.c", "value": "2"},
        {"op": "remove", "path": "/data/b.c"},
        {"op": "move", "from": "/data/a", "path": "/data/d"},
        {"op": "copy", "from": "/data/d", "path": "/data/e"},
        {"op": "replace", "path": "/data/d", "value": "4"},
    ]
    reply = client.patch(config_map(), operations, JSON_PATCH).expect(200)
    assert reply.get("data") == {"d": "4", "e": "1"}


def test_a_failed_test_leaves_the_object_as_it_was(client: Client) -> None:
    created = client.create(config_map(a="1"))
    operations: list[Json] = [
        {"op": "replace", "path": "/data/a", "value": "2"},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "1"},
    ]
    reply = client.patch(config_map(), operations, JSON_PATCH).expect(422)
    assert reply.reason == "Invalid"
    assert client.read(config_map()).body == created.body


def test_a_json_patch_of_a_missing_path_is_invalid(client: Client) -> None:
    client.create(config_map(a="1"))
    operations: list[Json] = [{"op": "remove", "path": "/data/zzz"}]
    assert client.patch(config_map(), operations, JSON_PATCH).expect(422).reason == "Invalid"


def test_json_patch_changes_list_items_by_index(client: Client) -> None:
    client.create(deployment())
    operations: list[Json] = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "nginx:2"}]
    assert images(client.patch(deployment(), operations, JSON_PATCH).expect(200)) == {"main": "nginx:2"}


def test_a_patch_with_an_old_resource_version_conflicts(client: Client) -> None:
    old = client.create(config_map(a="1"))
    client.replace(config_map(a="2"))
    patch: JsonObject = {"metadata": {"resourceVersion": old.version}, "data": {"a": "3"}}
    assert client.patch(config_map(), patch, MERGE_PATCH).expect(409).reason == "Conflict"


def test_a_patch_cannot_rename_an_object(client: Client) -> None:
    client.create(config_map(a="1"))
    reply = client.patch(config_map(), {"metadata": {"name": "other"}}, MERGE_PATCH).expect(400)
    assert reply.message == "the name of the object (other) does not match the name on the URL (settings)"


def test_a_patch_of_a_missing_object_is_not_found(client: Client) -> None:
    assert client.patch(config_map(), {"data": {}}, MERGE_PATCH).expect(404).reason == "NotFound"


def test_a_patch_in_an_unknown_format_is_unsupported(client: Client) -> None:
    client.create(config_map(a="1"))
    reply = client.patch(config_map(), {"data": {}}, "application/json").expect(415)
    assert reply.message == "415: Unsupported Media Type"


@pytest.mark.usefixtures("untouched")
def test_a_patch_that_changes_nothing_keeps_the_resource_version(client: Client) -> None:
    created = client.create(config_map(a="1"))
    assert client.patch(config_map(), {"data": {"a": "1"}}, MERGE_PATCH).expect(200).version == created.version


def test_a_dry_run_of_a_patch_stores_nothing(client: Client) -> None:
    created = client.create(config_map(a="1"))
    client.patch(config_map(), {"data": {"a": "2"}}, MERGE_PATCH, dryRun="All").expect(200)
    assert client.read(config_map()).body == created.body


def test_a_patch_of_the_status_subresource_writes_status_only(client: Client) -> None:
    client.create(deployment(replicas=2))
    patch: JsonObject = {"spec": {"replicas": 9}, "status": {"replicas": 3}}
    reply = client.patch(deployment(), patch, MERGE_PATCH, subresource="status").expect(200)
    assert (reply.get("spec", "replicas"), reply.get("status", "replicas")) == (2, 3)


def test_a_patch_books_only_what_it_changed(client: Client) -> None:
    client.create(config_map(a="1", b="2"), fieldManager="first")
    reply = client.patch(config_map(), {"data": {"a": "1", "b": "9"}}, MERGE_PATCH, fieldManager="second")
    assert managers(reply)["second", "Update", ""] == {"f:data": {"f:b": {}}}
    assert managers(reply)["first", "Update", ""] == {"f:data": {".": {}, "f:a": {}}}


@pytest.mark.parametrize(
    ("named", "expected"), [("d", "dabc"), ("bd", "abdc"), ("db", "dabc"), ("ca", "bca"), ("dce", "dabce")]
)
def test_a_strategic_patch_orders_what_it_names(client: Client, named: str, expected: str) -> None:
    def containers(names: str, tag: str) -> list[Json]:
        return [{"name": name, "image": f"nginx:{tag}"} for name in names]

    body = deployment()
    as_object(dig(body, "spec", "template", "spec"))["containers"] = containers("abc", "1")
    client.create(body).expect(201)
    patch: JsonObject = {"spec": {"template": {"spec": {"containers": containers(named, "2")}}}}
    assert "".join(images(client.patch(body, patch, STRATEGIC_PATCH).expect(200))) == expected


@pytest.mark.parametrize("kind", [MERGE_PATCH, JSON_PATCH, STRATEGIC_PATCH])
def test_a_patch_of_the_wrong_shape_is_a_bad_request(client: Client, kind: str) -> None:
    client.create(config_map(a="1"))
    assert "json: cannot unmarshal string into Go value" in client.patch(config_map(), "text", kind).expect(400).message
