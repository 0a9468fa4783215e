"""What an agent is offered (contract 5.6; scenarios 18 to 25)."""

from __future__ import annotations

import pytest
from attrs import frozen

from fake_broker_support import (
    UNKNOWN_ID,
    Door,
    Member,
    give,
    new_agent,
    new_generator,
    new_object,
    new_stack,
    offered,
    report,
)


@frozen(kw_only=True)
class Scene:
    """An agent that was given one stack."""

    generator: Member
    agent: Member
    stack: str


@pytest.fixture
def scene(door: Door) -> Scene:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    give(door, agent, stack)
    return Scene(generator=generator, agent=agent, stack=stack)


def test_only_the_newest_object_of_a_stack_is_offered(door: Door, scene: Scene) -> None:
    new_object(door, scene.stack)
    newer = new_object(door, scene.stack)
    assert offered(door, scene.agent, "full") == [newer]
    assert offered(door, scene.agent) == [newer]


def test_the_newest_comes_first_across_stacks(door: Door, scene: Scene) -> None:
    other = new_stack(door, scene.generator)
    give(door, scene.agent, other)
    first, second = new_object(door, other), new_object(door, scene.stack)
    assert offered(door, scene.agent, "full") == [second, first]
    third = new_object(door, other)
    assert offered(door, scene.agent) == [third, second]


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE", "WHATEVER"])
def test_any_event_hides_an_object_from_incremental_and_not_from_full(door: Door, scene: Scene, status: str) -> None:
    made = new_object(door, scene.stack)
    report(door, scene.agent, made, status)
    assert offered(door, scene.agent) == []
    assert offered(door, scene.agent, "full") == [made]


def test_an_event_of_another_agent_hides_nothing(door: Door, scene: Scene) -> None:
    other = new_agent(door, scene.generator)
    made = new_object(door, scene.stack)
    report(door, other, made)
    assert offered(door, scene.agent) == [made]


def test_an_event_on_a_superseded_object_leaves_the_newest_pending(door: Door, scene: Scene) -> None:
    old = new_object(door, scene.stack)
    newest = new_object(door, scene.stack)
    report(door, scene.agent, old)
    assert offered(door, scene.agent) == [newest]


@pytest.mark.parametrize("mode", ["FULL", "x", "incremental", ""])
def test_only_the_exact_word_full_means_full(door: Door, scene: Scene, mode: str) -> None:
    report(door, scene.agent, new_object(door, scene.stack))
    assert offered(door, scene.agent, mode) == []


def test_a_deleted_stack_is_absent_and_so_is_its_marker(door: Door, scene: Scene) -> None:
    new_object(door, scene.stack)
    assert door.delete(f"/stacks/{scene.stack}").status == 204
    assert offered(door, scene.agent, "full") == []
    assert offered(door, scene.agent) == []
    assert door.get(f"/agents/{scene.agent.id}/stacks").json == []


@pytest.mark.parametrize("yaml_content", ["", "kind: ConfigMap\n"], ids=["empty", "with YAML"])
def test_a_posted_deletion_marker_is_offered(door: Door, scene: Scene, yaml_content: str) -> None:
    new_object(door, scene.stack)
    marker = new_object(door, scene.stack, yaml_content, marker=True)
    answer = door.get(f"/agents/{scene.agent.id}/target-state", query={"mode": "full"})
    assert [(item["id"], item["is_deletion_marker"]) for item in answer.items] == [(marker, True)]
    assert answer.items[0]["yaml_content"] == yaml_content


def test_expired_events_bring_an_object_back(door: Door, scene: Scene) -> None:
    made = new_object(door, scene.stack)
    report(door, scene.agent, made)
    door.advance(days=29)
    assert offered(door, scene.agent) == []
    door.advance(days=2)
    assert offered(door, scene.agent) == [made]


def test_a_removed_target_is_only_absent(door: Door, scene: Scene) -> None:
    new_object(door, scene.stack)
    door.delete(f"/agents/{scene.agent.id}/targets/{scene.stack}")
    assert offered(door, scene.agent, "full") == []


def test_a_deleted_generator_takes_its_stacks_along(door: Door, scene: Scene) -> None:
    new_object(door, scene.stack)
    assert door.delete(f"/generators/{scene.generator.id}").status == 204
    assert offered(door, scene.agent, "full") == []


def test_an_unknown_agent_has_an_empty_target_state(door: Door) -> None:
    answer = door.get(f"/agents/{UNKNOWN_ID}/target-state")
    assert (answer.status, answer.json) == (200, [])


def test_the_target_state_of_another_agent_is_closed(door: Door, scene: Scene) -> None:
    refused = door.get(f"/agents/{scene.agent.id}/target-state", pak=new_agent(door).pak)
    assert (refused.status, refused.code) == (403, "agent_pak_mismatch")
