"""The life of a CustomResourceDefinition and what its schema does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from cluster_support import (
    MERGE_PATCH,
    Client,
    condition,
    definition,
    eventually,
    gadget,
    managers,
    unique,
    with_metadata,
)
from real_support import is_not_served

SCHEMA: JsonObject = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 10},
        "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "code": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "weight": {"type": "integer"}},
            },
        },
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "port": {"x-kubernetes-int-or-string": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}


@pytest.fixture
def strict(client: Client) -> Iterator[str]:
    """The API group of a CRD of Gadgets with a schema."""
    group = f"{unique('s')}.example.com"
    client.create(definition(group, SCHEMA)).expect(201)
    eventually(lambda: client.list(f"{group}/v1", "Gadget").status == 200)
    yield group
    client.delete(definition(group))


def test_a_definition_is_accepted_and_established(client: Client, group: str) -> None:
    live = client.read(definition(group)).body
    assert condition(live, "NamesAccepted")["status"] == "True"
    established = condition(live, "Established")
    assert (established["status"], established["reason"]) == ("True", "InitialNamesAccepted")
    assert dig(live, "status", "acceptedNames", "plural") == "gadgets"
    assert dig(live, "status", "storedVersions") == ["v1"]


def test_an_established_definition_is_served(client: Client, group: str) -> None:
    eventually(lambda: not is_not_served(client, f"{group}/v1"))
    listed = client.call("GET", f"/apis/{group}/v1").expect(200)
    names = [dig(resource, "name") for resource in as_list(listed.get("resources"))]
    assert names == ["gadgets", "gadgets/status"]


def test_a_definition_under_a_wrong_name_is_invalid(client: Client) -> None:
    body = with_metadata(definition(f"{unique('g')}.example.com"), name="wrong.example.com")
    assert ("FieldValueInvalid", "metadata.name") in client.create(body).expect(422).causes


def test_a_definition_without_schema_is_invalid(client: Client) -> None:
    body = definition(f"{unique('g')}.example.com")
    version = as_list(dig(body, "spec", "versions"))[0]
    assert isinstance(version, dict)
    del version["schema"]
    causes = client.create(body).expect(422).causes
    assert ("FieldValueRequired", "spec.versions[0].schema.openAPIV3Schema") in causes


def test_a_schema_without_types_is_invalid(client: Client) -> None:
    body = definition(f"{unique('g')}.example.com", {"type": "object", "properties": {"size": {"minimum": 1}}})
    reply = client.create(body).expect(422)
    assert any(field.endswith("properties[size].type") for _, field in reply.causes)


def test_group_and_scope_of_a_definition_cannot_change(client: Client, group: str) -> None:
    live = client.read(definition(group)).body
    spec = live["spec"]
    assert isinstance(spec, dict)
    spec["scope"] = "Cluster"
    assert ("FieldValueInvalid", "spec.scope") in client.replace(live).expect(422).causes


def test_a_version_that_objects_were_stored_in_stays(client: Client) -> None:
    body = definition(f"{unique('v')}.example.com")
    client.create(body).expect(201)
    spec = as_object(body["spec"])
    old = as_object(as_list(spec["versions"])[0])
    spec["versions"] = [{**old, "storage": False}, {**old, "name": "v2"}]
    client.patch(body, {"spec": {"versions": spec["versions"]}}, MERGE_PATCH).expect(200)
    live = client.read(body)
    reply = client.patch(body, {"spec": {"versions": [old]}}, MERGE_PATCH).expect(422)
    client.delete(body)

    assert live.get("status", "storedVersions") == ["v1", "v2"]
    assert reply.causes == [("FieldValueInvalid", "status.storedVersions[1]")]
    assert "v2 was previously a storage version, and must remain in spec.versions" in reply.message


def test_a_missing_required_field_is_invalid(client: Client, strict: str) -> None:
    reply = client.create(gadget(strict)).expect(422)
    assert reply.causes == [("FieldValueRequired", "spec.size")]
    assert reply.message == f'Gadget.{strict} "one" is invalid: spec.size: Required value'


def test_every_fault_is_listed(client: Client, strict: str) -> None:
    reply = client.create(gadget(strict, size=99, colour="green", code="ABC")).expect(422)
    assert set(reply.causes) == {
        ("FieldValueInvalid", "spec.size"),
        ("FieldValueNotSupported", "spec.colour"),
        ("FieldValueInvalid", "spec.code"),
    }


def test_a_text_that_is_too_long_is_not_held_against_its_pattern(client: Client, strict: str) -> None:
    reply = client.create(gadget(strict, size=1, code="ABCDEFG")).expect(422)
    assert reply.causes == [("FieldValueTooLong", "spec.code")]


def test_a_value_of_the_wrong_type_is_invalid(client: Client, strict: str) -> None:
    reply = client.create(gadget(strict, size="big")).expect(422)
    assert reply.causes == [("FieldValueTypeInvalid", "spec.size")]
    assert 'spec.size in body must be of type integer: "string"' in reply.message


def test_int_or_string_takes_both_and_nothing_else(client: Client, strict: str) -> None:
    client.create(gadget(strict, "a", size=1, port=80)).expect(201)
    client.create(gadget(strict, "b", size=1, port="http")).expect(201)
    client.create(gadget(strict, "c", size=1, port=True)).expect(422)


def test_defaults_of_the_schema_are_filled_in_and_owned_by_nobody(client: Client, strict: str) -> None:
    reply = client.apply(gadget(strict, size=1)).expect(201)
    assert reply.get("spec", "colour") == "red"
    assert managers(reply)["tester", "Apply", ""] == {"f:spec": {"f:size": {}}}


def test_a_default_may_be_empty(client: Client) -> None:
    wanted: JsonObject = {"text": "", "list": [], "number": 0, "flag": False, "map": {}, "free": {}, "port": 0}
    properties: JsonObject = {
        "text": {"type": "string", "default": ""},
        "list": {"type": "array", "items": {"type": "string"}, "default": []},
        "number": {"type": "integer", "default": 0},
        "flag": {"type": "boolean", "default": False},
        "map": {"type": "object", "default": {}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "default": {}},
        "port": {"x-kubernetes-int-or-string": True, "default": 0},
    }
    group = f"{unique('s')}.example.com"
    body = definition(group, {"type": "object", "properties": properties})
    client.create(body).expect(201)
    eventually(lambda: client.list(f"{group}/v1", "Gadget").status == 200)
    made = client.create({**gadget(group), "spec": {}})
    stored = dig(as_list(client.read(body).get("spec", "versions"))[0], "schema", "openAPIV3Schema")
    client.delete(body)
    assert dig(stored, "properties", "spec", "properties") == properties
    assert made.expect(201).get("spec") == wanted


def test_unknown_fields_are_pruned(client: Client, strict: str) -> None:
    reply = client.create(gadget(strict, size=1, bogus=2, free={"kept": 3})).expect(201)
    assert reply.get("spec", "bogus") is None
    assert reply.get("spec", "free") == {"kept": 3}


def test_unknown_fields_are_refused_under_strict_validation(client: Client, strict: str) -> None:
    reply = client.create(gadget(strict, size=1, bogus=2), fieldValidation="Strict").expect(400)
    assert 'strict decoding error: unknown field "spec.bogus"' in reply.message


def test_applying_an_unknown_field_fails(client: Client, strict: str) -> None:
    reply = client.apply(gadget(strict, size=1, bogus=2)).expect(500)
    assert ".spec.bogus: field not declared in schema" in reply.message


def test_lists_merge_by_the_keys_of_the_schema(client: Client, strict: str) -> None:
    first: list[Json] = [{"name": "a", "weight": 1}]
    second: list[Json] = [{"name": "b", "weight": 2}]
    client.apply(gadget(strict, size=1, parts=first, tags=["x"]), "first").expect(201)
    reply = client.apply(gadget(strict, size=1, parts=second, tags=["y"]), "second").expect(200)
    assert reply.get("spec", "parts") == [*first, *second]
    assert reply.get("spec", "tags") == ["x", "y"]


def test_the_same_key_twice_is_a_duplicate(client: Client, strict: str) -> None:
    reply = client.create(gadget(strict, size=1, parts=[{"name": "a"}, {"name": "a"}])).expect(422)
    assert reply.causes == [("FieldValueDuplicate", "spec.parts[1]")]


def test_status_of_a_custom_resource_is_written_through_its_subresource(client: Client, group: str) -> None:
    body: JsonObject = {**gadget(group, size=1), "status": {"phase": "x"}}
    made = client.create(body).expect(201)
    assert made.get("status") is None
    written = client.replace({**made.body, "status": {"phase": "y"}}, subresource="status").expect(200)
    assert written.get("status", "phase") == "y"
    assert written.get("metadata", "generation") == 1


def test_generation_of_a_custom_resource_counts_its_spec(client: Client, group: str) -> None:
    made = client.apply(gadget(group, size=1))
    labelled = client.apply(with_metadata(gadget(group, size=1), labels={"a": "b"}))
    grown = client.apply(gadget(group, size=2))
    assert [r.get("metadata", "generation") for r in (made, labelled, grown)] == [1, 1, 2]


def test_a_changed_schema_counts_at_once(client: Client, group: str) -> None:
    live = client.read(definition(group)).body
    version = as_list(dig(live, "spec", "versions"))[0]
    properties = dig(version, "schema", "openAPIV3Schema", "properties")
    assert isinstance(properties, dict)
    properties["spec"] = SCHEMA
    client.replace(live).expect(200)
    eventually(lambda: client.create(gadget(group, size=99), dryRun="All").status == 422)


def test_a_deleted_definition_takes_instances_and_api_along(client: Client) -> None:
    group = f"{unique('d')}.example.com"
    client.create(definition(group))
    eventually(lambda: client.create(gadget(group, size=1)).status == 201)
    client.delete(definition(group)).expect(200)
    eventually(lambda: client.gone(definition(group)))
    eventually(lambda: client.list(f"{group}/v1", "Gadget").status == 404)
    eventually(lambda: is_not_served(client, f"{group}/v1"))


def test_a_definition_waits_for_instances_with_finalizers(client: Client) -> None:
    group = f"{unique('w')}.example.com"
    client.create(definition(group))
    held = with_metadata(gadget(group, size=1), finalizers=["example.com/hold"])
    eventually(lambda: client.create(held).status == 201)
    reply = client.delete(definition(group)).expect(200)
    assert "customresourcecleanup.apiextensions.k8s.io" in as_list(reply.get("metadata", "finalizers"))
    eventually(lambda: client.read(held).get("metadata", "deletionTimestamp") is not None)
    assert "create not allowed while" in client.create(gadget(group, "two", size=1)).expect(403).message
    body = client.read(held).body
    metadata = body["metadata"]
    assert isinstance(metadata, dict)
    del metadata["finalizers"]
    client.replace(body)
    eventually(lambda: client.gone(definition(group)))


def test_a_flag_in_the_place_of_a_number_is_a_change(client: Client, group: str) -> None:
    number = client.apply(gadget(group, inner={"on": 1})).expect(201)
    flag = client.apply(gadget(group, inner={"on": True})).expect(200)
    assert flag.get("spec", "inner", "on") is True
    assert flag.version != number.version


def test_a_deleted_definition_says_that_it_terminates(client: Client, group: str) -> None:
    client.create(with_metadata(gadget(group, size=1), finalizers=["example.com/hold"])).expect(201)
    client.delete(definition(group)).expect(200)
    eventually(lambda: condition(client.read(definition(group)).body, "Terminating").get("status") == "True")
    live = client.read(definition(group))
    assert live.get("metadata", "generation") == 1
    assert live.get("metadata", "deletionGracePeriodSeconds") is None
    client.patch(gadget(group), {"metadata": {"finalizers": None}}, MERGE_PATCH)
    eventually(lambda: client.gone(definition(group)))


def test_a_put_without_resource_version_names_the_resource(client: Client, group: str) -> None:
    client.create(gadget(group, size=1)).expect(201)
    reply = client.replace(gadget(group, size=2)).expect(422)
    assert reply.message.startswith(f'gadgets.{group} "one" is invalid: metadata.resourceVersion: ')


def test_an_apply_drops_what_the_schema_no_longer_has(client: Client) -> None:
    group = f"{unique('n')}.example.com"
    text: JsonObject = {"type": "string"}
    wide: JsonObject = {"type": "object", "properties": {"kept": text, "dropped": text}}
    made = client.create(definition(group, wide)).expect(201)
    eventually(lambda: client.create(gadget(group, kept="a", dropped="b")).status == 201)
    narrow = definition(group, {"type": "object", "properties": {"kept": text}})
    client.replace(with_metadata(narrow, resourceVersion=client.read(made.body).version)).expect(200)

    def applied(kept: str) -> JsonObject:
        return as_object(client.apply(gadget(group, kept=kept), force=True).expect(200).get("spec"))

    eventually(lambda: applied(unique("c")).keys() == {"kept"})
    client.delete(definition(group))
