"""Generators and PAKs (contract 6.2)."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_text
from fake_broker_support import UNKNOWN_ID, Door, Member, id_of, new_agent, new_generator, new_stack, unique


def record(door: Door, generator: Member) -> JsonObject:
    return door.get(f"/generators/{generator.id}", pak=generator.pak).members


def test_a_new_generator_gets_its_pak_once(door: Door) -> None:
    name = unique("ci")
    made = door.post("/generators", {"name": name, "description": "builds"})
    assert made.status == 201
    assert set(made.members) == {"generator", "pak"}
    taken = door.post("/generators", {"name": name})
    assert (taken.status, taken.code) == (409, "unique_violation")


def test_the_list_leaves_the_system_out(door: Door) -> None:
    names = {item["name"] for item in door.get("/generators").items}
    assert "admin-generator" in names
    assert "__system__" not in names


def test_paks_are_ids_and_names(door: Door) -> None:
    generator = new_generator(door)
    assert {"id": generator.id, "name": generator.name} in door.get("/paks").items
    assert door.get("/paks", pak=generator.pak).code == "admin_required"


def test_a_generator_sees_itself_only(door: Door) -> None:
    one, other = new_generator(door), new_generator(door)
    assert record(door, one)["name"] == one.name
    assert door.get(f"/generators/{other.id}", pak=one.pak).code == "generator_not_owned"
    assert door.get(f"/generators/{UNKNOWN_ID}").code == "generator_not_found"
    assert door.get("/generators", pak=one.pak).status == 403


def test_a_change_needs_the_complete_record(door: Door) -> None:
    generator = new_generator(door)
    path = f"/generators/{generator.id}"
    assert door.call("PUT", path, {"description": "new"}).status == 422
    changed = door.call("PUT", path, {**record(door, generator), "description": "new"}, pak=generator.pak)
    assert (changed.status, changed.members["description"]) == (200, "new")


def test_rotation_answers_201_and_kills_the_old_pak(door: Door) -> None:
    generator = new_generator(door)
    rotated = door.post(f"/generators/{generator.id}/rotate-pak", pak=generator.pak)
    assert rotated.status == 201
    assert door.post("/auth/pak", pak=generator.pak).status == 401
    assert door.post("/auth/pak", pak=as_text(rotated.members["pak"])).status == 200


def test_deleting_a_generator_deletes_its_stacks(door: Door) -> None:
    generator = new_generator(door)
    stack = new_stack(door, generator)
    assert door.delete(f"/generators/{generator.id}", pak=generator.pak).status == 204
    assert door.get(f"/stacks/{stack}").code == "stack_not_found"
    assert door.delete(f"/generators/{generator.id}").code == "generator_not_found"


def test_the_system_generator_stays(door: Door) -> None:
    agent = new_agent(door)
    system = as_text(door.get(f"/agents/{agent.id}/registrations").items[0]["generator_id"])
    refused = door.delete(f"/generators/{system}")
    assert (refused.status, refused.code) == (403, "cannot_delete_system_generator")


def test_registered_agents_are_listed_for_their_generator(door: Door) -> None:
    generator = new_generator(door)
    agent = new_agent(door, generator)
    listed = door.get(f"/generators/{generator.id}/registered-agents", pak=generator.pak).items
    assert [row["agent_id"] for row in listed] == [agent.id]
    assert id_of(listed[0])
