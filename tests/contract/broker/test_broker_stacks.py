"""Stacks with their labels and annotations (contract 6.3)."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import JsonObject
from fake_broker_support import (
    UNKNOWN_ID,
    Door,
    give,
    id_of,
    new_agent,
    new_generator,
    new_stack,
    unique,
)


def test_a_stack_is_stored_as_sent(door: Door) -> None:
    generator = new_generator(door)
    body: JsonObject = {"name": unique("web"), "description": "shop", "generator_id": generator.id}
    made = door.post("/stacks", body, pak=generator.pak)
    assert made.status == 201
    assert {key: made.members[key] for key in body} == body
    assert door.get(f"/stacks/{id_of(made.members)}").json == made.json


def test_a_name_is_unique_over_all_generators(door: Door) -> None:
    one, other = new_generator(door), new_generator(door)
    name = unique("web")
    assert door.post("/stacks", {"name": name, "generator_id": one.id}).status == 201
    taken = door.post("/stacks", {"name": name, "generator_id": other.id})
    assert (taken.status, taken.code) == (409, "unique_violation")


def test_who_may_make_a_stack_for_whom(door: Door) -> None:
    generator, agent = new_generator(door), new_agent(door)
    body: JsonObject = {"name": unique("web"), "generator_id": new_generator(door).id}
    assert door.post("/stacks", body, pak=generator.pak).code == "stack_generator_mismatch"
    assert door.post("/stacks", body, pak=agent.pak).code == "stack_create_denied"
    assert door.post("/stacks", {**body, "generator_id": UNKNOWN_ID}).code == "foreign_key_violation"


def test_lists_are_all_for_the_admin_own_for_a_generator_none_for_an_agent(door: Door) -> None:
    one, other = new_generator(door), new_generator(door)
    mine, theirs = new_stack(door, one), new_stack(door, other)
    assert {mine, theirs} <= {id_of(item) for item in door.get("/stacks").items}
    assert [id_of(item) for item in door.get("/stacks", pak=one.pak).items] == [mine]
    assert [id_of(item) for item in door.get("/stacks", query={"pak_id": other.id}).items] == [theirs]
    assert door.get("/stacks", query={"pak_id": UNKNOWN_ID}).json == []
    assert door.get("/stacks", pak=new_agent(door).pak).code == "stacks_list_denied"


def test_404_goes_before_403(door: Door) -> None:
    stack, stranger = new_stack(door, new_generator(door)), new_generator(door)
    assert door.get(f"/stacks/{UNKNOWN_ID}", pak=stranger.pak).code == "stack_not_found"
    assert door.get(f"/stacks/{stack}", pak=stranger.pak).code == "stack_not_owned"


def test_a_change_needs_the_whole_record_and_its_own_id(door: Door) -> None:
    stack = new_stack(door, new_generator(door))
    path = f"/stacks/{stack}"
    whole = door.get(path).members
    assert door.call("PUT", path, {"name": "x"}).status == 422
    assert door.call("PUT", path, {**whole, "id": UNKNOWN_ID}).code == "stack_id_mismatch"
    assert door.call("PUT", path, {**whole, "description": "new"}).members["description"] == "new"
    assert door.call("PUT", path, {**whole, "description": None}).members["description"] == "new"


def test_a_deleted_stack_is_gone_and_its_name_is_free(door: Door) -> None:
    generator = new_generator(door)
    stack = new_stack(door, generator)
    name = door.get(f"/stacks/{stack}").members["name"]
    assert door.delete(f"/stacks/{stack}", pak=generator.pak).status == 204
    assert door.delete(f"/stacks/{stack}").code == "stack_not_found"
    assert door.post("/stacks", {"name": name, "generator_id": generator.id}).status == 201


def test_labels_are_bare_strings(door: Door) -> None:
    stack = new_stack(door, new_generator(door))
    path = f"/stacks/{stack}/labels"
    made = door.post(path, "edge")
    assert made.status == 201
    assert (made.members["stack_id"], made.members["label"]) == (stack, "edge")
    assert door.post(path, "edge").status == 409
    assert door.delete(f"{path}/edge").status == 204
    assert door.delete(f"{path}/edge").code == "stack_label_not_found"


@pytest.mark.parametrize("label", ["", "two words", "tab\t", "x" * 65])
def test_labels_of_stacks_are_checked(door: Door, label: str) -> None:
    refused = door.post(f"/stacks/{new_stack(door, new_generator(door))}/labels", label)
    assert (refused.status, refused.code) == (400, "invalid_label")


def test_a_label_that_is_no_string_is_422(door: Door) -> None:
    stack = new_stack(door, new_generator(door))
    assert door.post(f"/stacks/{stack}/labels", {"label": "edge"}).status == 422


def test_annotations_come_and_go(door: Door) -> None:
    stack = new_stack(door, new_generator(door))
    path = f"/stacks/{stack}/annotations"
    body: JsonObject = {"stack_id": stack, "key": "region", "value": "e u"}
    assert door.post(path, body).status == 201
    assert door.post(path, body).status == 409
    assert door.post(path, {**body, "stack_id": UNKNOWN_ID}).code == "stack_id_mismatch"
    assert door.post(path, {**body, "key": "x" * 65}).status == 500
    assert door.delete(f"{path}/region").status == 204
    assert door.delete(f"{path}/region").code == "stack_annotation_not_found"


def test_an_agent_reads_labels_only_of_an_explicit_target(door: Door) -> None:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    refused = door.get(f"/stacks/{stack}/labels", pak=agent.pak)
    assert (refused.status, refused.code) == (403, "stack_not_accessible")
    give(door, agent, stack)
    assert door.get(f"/stacks/{stack}/labels", pak=agent.pak).json == []
    assert door.get(f"/stacks/{stack}/annotations", pak=agent.pak).json == []
