"""Templates and stacks filled from them (contract 6.4, 6.5; scenario 50)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from brokkr_core.model.json import Json, JsonObject
from fake_broker_support import (
    UNKNOWN_ID,
    Door,
    Member,
    Reply,
    id_of,
    new_agent,
    new_generator,
    new_stack,
    unique,
)
from tera_cases import PARAMETERS, RENDERED

CONTENT = "replicas: {{ replicas }}\n"
SCHEMA = '{"type":"object","required":["replicas"],"properties":{"replicas":{"type":"integer"}}}'


def body(content: str = CONTENT, schema: str = SCHEMA) -> JsonObject:
    return {"name": unique("template"), "template_content": content, "parameters_schema": schema}


def new_template(door: Door, content: str = CONTENT, schema: str = SCHEMA, *, pak: str = "") -> str:
    made = door.post("/templates", body(content, schema), pak=pak)
    assert made.status == 201, made
    return id_of(made.members)


def fill(door: Door, stack: str, template: str, parameters: Json, *, pak: str = "") -> Reply:
    wanted: JsonObject = {"template_id": template, "parameters": parameters}
    return door.post(f"/stacks/{stack}/deployment-objects/from-template", wanted, pak=pak)


@pytest.fixture
def owner(door: Door) -> Member:
    return new_generator(door)


def test_a_template_is_filled_with_parameters(door: Door, owner: Member) -> None:
    made = fill(door, new_stack(door, owner), new_template(door), {"replicas": 2})
    text = "replicas: 2\n"
    assert (made.status, made.members["yaml_content"]) == (201, text)
    assert made.members["yaml_checksum"] == sha256(text.encode()).hexdigest()
    assert made.members["is_deletion_marker"] is False


@pytest.mark.parametrize(("text", "rendered"), RENDERED)
def test_the_language_of_templates_is_tera(door: Door, owner: Member, text: str, rendered: str) -> None:
    made = fill(door, new_stack(door, owner), new_template(door, text, "{}"), PARAMETERS)
    assert (made.status, made.members.get("yaml_content")) == (201, rendered), made


def test_what_is_rendered_need_not_be_yaml(door: Door, owner: Member) -> None:
    made = fill(door, new_stack(door, owner), new_template(door, "a: [{{ replicas }}"), {"replicas": 1})
    assert (made.status, made.members["yaml_content"]) == (201, "a: [1")


def test_parameters_must_fit_the_schema(door: Door, owner: Member) -> None:
    template, stack = new_template(door), new_stack(door, owner)
    for parameters in ({}, {"replicas": "two"}):
        refused = fill(door, stack, template, dict(parameters))
        assert (refused.status, refused.code) == (400, "invalid_parameters")
        details = refused.members["details"]
        assert isinstance(details, dict)
        assert isinstance(details["validation_errors"], list)


def test_a_value_that_is_not_there_cannot_be_rendered(door: Door, owner: Member) -> None:
    refused = fill(door, new_stack(door, owner), new_template(door, "a: {{ missing }}", "{}"), {})
    assert (refused.status, refused.code) == (400, "template_render_failed")


def test_a_stack_needs_the_labels_and_annotations_of_the_template(door: Door, owner: Member) -> None:
    template, stack = new_template(door), new_stack(door, owner)
    door.post(f"/templates/{template}/labels", "edge")
    door.post(f"/templates/{template}/annotations", {"key": "region", "value": "eu"})
    refused = fill(door, stack, template, {"replicas": 1})
    assert (refused.status, refused.code) == (422, "template_stack_mismatch")
    details = refused.members["details"]
    assert isinstance(details, dict)
    assert details["missing_labels"] == ["edge"]
    door.post(f"/stacks/{stack}/labels", "edge")
    door.post(f"/stacks/{stack}/annotations", {"stack_id": stack, "key": "region", "value": "eu"})
    assert fill(door, stack, template, {"replicas": 1}).status == 201


@pytest.mark.parametrize(
    ("content", "schema", "code"),
    [
        ("a: {{ x", SCHEMA, "invalid_template_syntax"),
        ("{% if x %}", SCHEMA, "invalid_template_syntax"),
        (CONTENT, "{", "invalid_parameters_schema"),
        (CONTENT, '{"type": 5}', "invalid_parameters_schema"),
    ],
)
def test_what_cannot_be_a_template_is_400(door: Door, content: str, schema: str, code: str) -> None:
    refused = door.post("/templates", body(content, schema))
    assert (refused.status, refused.code) == (400, code)


def test_a_change_is_a_new_version_with_a_new_id_and_without_marks(door: Door) -> None:
    first = new_template(door)
    door.post(f"/templates/{first}/labels", "edge")
    changed = door.call("PUT", f"/templates/{first}", {"template_content": "a: 1", "parameters_schema": "{}"})
    assert (changed.status, changed.members["version"]) == (200, 2)
    second = id_of(changed.members)
    assert second != first
    assert changed.members["checksum"] == sha256(b"a: 1").hexdigest()
    assert door.get(f"/templates/{second}/labels").json == []
    assert door.get(f"/templates/{first}").members["version"] == 1
    assert {first, second} <= {id_of(item) for item in door.get("/templates").items}


def test_a_deleted_template_is_gone(door: Door, owner: Member) -> None:
    template = new_template(door)
    assert door.delete(f"/templates/{template}").status == 204
    assert door.get(f"/templates/{template}").code == "template_not_found"
    assert fill(door, new_stack(door, owner), template, {"replicas": 1}).status == 404


def test_who_sees_and_changes_which_template(door: Door, owner: Member) -> None:
    stranger = new_generator(door)
    own, system = new_template(door, pak=owner.pak), new_template(door)
    assert door.get(f"/templates/{own}").members["generator_id"] == owner.id
    assert door.get(f"/templates/{system}", pak=stranger.pak).members["generator_id"] is None
    assert door.get(f"/templates/{own}", pak=stranger.pak).code == "template_not_accessible"
    assert door.delete(f"/templates/{own}", pak=stranger.pak).code == "template_not_owned"
    assert door.delete(f"/templates/{system}", pak=owner.pak).code == "template_not_owned"
    assert own not in [id_of(item) for item in door.get("/templates", pak=stranger.pak).items]
    assert door.get("/templates", pak=new_agent(door).pak).status == 403
    assert fill(door, new_stack(door, stranger), own, {"replicas": 1}, pak=stranger.pak).status == 403
    assert fill(door, new_stack(door, stranger), system, {"replicas": 1}, pak=owner.pak).code == "stack_not_owned"
    assert fill(door, UNKNOWN_ID, system, {"replicas": 1}).code == "stack_not_found"


def test_labels_and_annotations_come_and_go_and_are_checked(door: Door) -> None:
    path = f"/templates/{new_template(door)}"
    assert door.post(f"{path}/labels", "edge").members["label"] == "edge"
    assert door.post(f"{path}/labels", "edge").status == 409
    assert door.post(f"{path}/labels", "two words").code == "invalid_label"
    assert door.delete(f"{path}/labels/edge").status == 204
    assert door.delete(f"{path}/labels/edge").code == "template_label_not_found"
    assert door.post(f"{path}/annotations", {"key": "region", "value": "eu"}).members["value"] == "eu"
    assert door.post(f"{path}/annotations", {"key": "region", "value": "us"}).status == 409
    assert door.post(f"{path}/annotations", {"key": "a b", "value": "eu"}).code == "invalid_annotation"
    assert [item["key"] for item in door.get(f"{path}/annotations").items] == ["region"]
    assert door.delete(f"{path}/annotations/region").status == 204
    assert door.delete(f"{path}/annotations/region").code == "template_annotation_not_found"
