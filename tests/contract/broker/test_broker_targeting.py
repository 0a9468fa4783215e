"""Which stacks reach an agent (contract 5.4, 5.6, 5.13; scenarios 17, 47, 48)."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import JsonObject
from fake_broker_support import (
    UNKNOWN_ID,
    Door,
    Member,
    give,
    id_of,
    new_agent,
    new_generator,
    new_object,
    new_stack,
    offered,
)


def label_both(door: Door, agent: Member, stack: str, label: str = "edge") -> None:
    door.post(f"/agents/{agent.id}/labels", {"agent_id": agent.id, "label": label})
    door.post(f"/stacks/{stack}/labels", label)


def annotate_both(door: Door, agent: Member, stack: str, on_agent: str, on_stack: str) -> None:
    here: JsonObject = {"agent_id": agent.id, "key": "region", "value": on_agent}
    there: JsonObject = {"stack_id": stack, "key": "region", "value": on_stack}
    door.post(f"/agents/{agent.id}/annotations", here)
    door.post(f"/stacks/{stack}/annotations", there)


def stacks_of(door: Door, agent: Member) -> list[str]:
    return [id_of(item) for item in door.get(f"/agents/{agent.id}/stacks", pak=agent.pak).items]


def test_a_shared_label_brings_a_stack(door: Door) -> None:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    assert stacks_of(door, agent) == []
    label_both(door, agent, stack)
    assert stacks_of(door, agent) == [stack]


@pytest.mark.parametrize(("on_stack", "brought"), [("eu", 1), ("us", 0)])
def test_an_annotation_matches_by_key_and_value(door: Door, on_stack: str, brought: int) -> None:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    annotate_both(door, agent, stack, "eu", on_stack)
    assert len(stacks_of(door, agent)) == brought


def test_labels_and_annotations_need_a_registration_and_explicit_targets_do_not_lose_it(door: Door) -> None:
    generator = new_generator(door)
    agent = new_agent(door)
    labelled, annotated = new_stack(door, generator), new_stack(door, generator)
    label_both(door, agent, labelled)
    annotate_both(door, agent, annotated, "eu", "eu")
    assert stacks_of(door, agent) == []
    door.post(f"/generators/{generator.id}/register", {}, pak=agent.pak)
    assert stacks_of(door, agent) == sorted([labelled, annotated])


def test_a_stack_that_is_reached_in_three_ways_comes_once(door: Door) -> None:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    give(door, agent, stack)
    label_both(door, agent, stack)
    annotate_both(door, agent, stack, "eu", "eu")
    made = new_object(door, stack)
    assert offered(door, agent, "full") == [made]


def test_stacks_without_objects_are_listed_sorted_by_id(door: Door) -> None:
    generator = new_generator(door)
    agent = new_agent(door, generator)
    stacks = [new_stack(door, generator) for _ in range(3)]
    for stack in stacks:
        give(door, agent, stack)
    assert stacks_of(door, agent) == sorted(stacks)
    assert offered(door, agent, "full") == []


def test_a_target_needs_a_registration_even_for_an_admin(door: Door) -> None:
    generator = new_generator(door)
    refused = give(door, new_agent(door), new_stack(door, generator))
    assert (refused.status, refused.code) == (403, "agent_not_registered")


def test_the_checks_of_a_target_run_in_order(door: Door) -> None:
    generator, stranger = new_generator(door), new_generator(door)
    agent, outsider = new_agent(door, generator), new_agent(door)
    stack = new_stack(door, generator)
    path = f"/agents/{agent.id}/targets"
    wrong: JsonObject = {"agent_id": UNKNOWN_ID, "stack_id": UNKNOWN_ID}
    assert door.post(path, wrong, pak=agent.pak).code == "stack_not_found"
    wrong["stack_id"] = stack
    assert door.post(path, wrong, pak=agent.pak).code == "target_create_denied"
    assert door.post(path, wrong, pak=stranger.pak).code == "target_generator_mismatch"
    assert door.post(f"/agents/{outsider.id}/targets", wrong).code == "agent_not_registered"
    assert door.post(path, wrong, pak=generator.pak).code == "agent_id_mismatch"


def test_a_generator_gives_and_takes_its_own_stacks(door: Door) -> None:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    body: JsonObject = {"agent_id": agent.id, "stack_id": stack}
    path = f"/agents/{agent.id}/targets"
    assert door.post(path, body, pak=generator.pak).status == 201
    assert [row["stack_id"] for row in door.get(path, pak=agent.pak).items] == [stack]
    assert door.post(path, body).status == 409
    assert door.delete(f"{path}/{stack}", pak=generator.pak).status == 204
    assert door.delete(f"{path}/{stack}").code == "agent_target_not_found"


def test_registering_twice_is_409(door: Door) -> None:
    generator, agent = new_generator(door), new_agent(door)
    path = f"/generators/{generator.id}/register"
    first = door.post(path, {}, pak=agent.pak)
    assert first.status == 201
    assert first.members["agent_id"] == agent.id
    assert first.members["generator_id"] == generator.id
    again = door.post(path, {}, pak=agent.pak)
    assert (again.status, again.code) == (409, "already_registered")


def test_who_may_register_whom(door: Door) -> None:
    generator, agent = new_generator(door), new_agent(door)
    path = f"/generators/{generator.id}/register"
    assert door.post(path, {}, pak=generator.pak).code == "forbidden"
    assert door.post(path, {}).code == "missing_agent_id"
    assert door.post(path, {"agent_id": agent.id}).status == 201
    assert door.post(f"/generators/{UNKNOWN_ID}/register", {}, pak=agent.pak).code == "generator_not_found"


def test_registering_needs_a_body(door: Door) -> None:
    generator, agent = new_generator(door), new_agent(door)
    assert door.post(f"/generators/{generator.id}/register", pak=agent.pak).status == 415


def test_deregistering_takes_the_targets_of_that_generator_only(door: Door) -> None:
    left, kept = new_generator(door), new_generator(door)
    agent = new_agent(door, left, kept)
    gone, stays = new_stack(door, left), new_stack(door, kept)
    give(door, agent, gone)
    give(door, agent, stays)
    path = f"/generators/{left.id}/register"
    assert door.delete(path, {}, pak=agent.pak).status == 204
    assert stacks_of(door, agent) == [stays]
    assert door.delete(path, {}, pak=agent.pak).status == 204
