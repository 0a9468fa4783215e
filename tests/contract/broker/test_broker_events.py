"""Events (contract 5.7, 6.6; scenarios 26, 27)."""

from __future__ import annotations

import pytest
from attrs import frozen

from brokkr_core.model.json import JsonObject
from fake_broker_support import (
    UNKNOWN_ID,
    Door,
    Member,
    id_of,
    new_agent,
    new_generator,
    new_object,
    new_stack,
    report,
)


@frozen(kw_only=True)
class Scene:
    """An agent and an object; nothing says that the one was given the other."""

    generator: Member
    agent: Member
    object_id: str

    def event(self, **changes: str | None) -> JsonObject:
        body: JsonObject = {
            "agent_id": self.agent.id,
            "deployment_object_id": self.object_id,
            "event_type": "DEPLOY",
            "status": "SUCCESS",
        }
        return {**body, **changes}


@pytest.fixture
def scene(door: Door) -> Scene:
    generator = new_generator(door)
    object_id = new_object(door, new_stack(door, generator))
    return Scene(generator=generator, agent=new_agent(door), object_id=object_id)


def test_an_event_is_stored_as_sent(door: Door, scene: Scene) -> None:
    event = scene.event(status="FAILURE", message="no such kind")
    made = door.post(f"/agents/{scene.agent.id}/events", event, pak=scene.agent.pak)
    assert made.status == 201
    assert {key: made.members[key] for key in event} == event
    assert made.members["deleted_at"] is None


def test_an_event_about_an_object_the_agent_was_never_given_is_stored(door: Door, scene: Scene) -> None:
    assert report(door, scene.agent, scene.object_id).status == 201


@pytest.mark.parametrize("changes", [{"status": "IN_PROGRESS"}, {"event_type": "x" * 51}])
def test_a_text_wider_than_its_column_is_500(door: Door, scene: Scene, changes: dict[str, str]) -> None:
    refused = door.post(f"/agents/{scene.agent.id}/events", scene.event(**changes))
    assert (refused.status, refused.code) == (500, "internal_error")
    assert door.get(f"/agents/{scene.agent.id}/events").json == []


def test_ten_characters_of_status_fit(door: Door, scene: Scene) -> None:
    assert report(door, scene.agent, scene.object_id, "0123456789").status == 201


def test_an_event_about_an_unknown_object_is_422(door: Door, scene: Scene) -> None:
    refused = report(door, scene.agent, UNKNOWN_ID)
    assert (refused.status, refused.code) == (422, "foreign_key_violation")
    assert isinstance(refused.members["details"], dict)


def test_body_and_path_must_name_the_same_agent(door: Door, scene: Scene) -> None:
    event = scene.event(agent_id=UNKNOWN_ID)
    refused = door.post(f"/agents/{scene.agent.id}/events", event, pak=scene.agent.pak)
    assert (refused.status, refused.code) == (400, "agent_id_mismatch")


def test_the_same_event_twice_makes_two_rows_newest_first(door: Door, scene: Scene) -> None:
    first = report(door, scene.agent, scene.object_id).members
    second = report(door, scene.agent, scene.object_id, "FAILURE").members
    listed = door.get(f"/agents/{scene.agent.id}/events", pak=scene.agent.pak).items
    assert [id_of(item) for item in listed] == [id_of(second), id_of(first)]


def test_an_admin_may_speak_for_an_agent_and_another_agent_may_not(door: Door, scene: Scene) -> None:
    path = f"/agents/{scene.agent.id}/events"
    assert door.post(path, scene.event()).status == 201
    assert door.post(path, scene.event(), pak=new_agent(door).pak).code == "agent_pak_mismatch"


def test_the_operator_reads_all_events(door: Door, scene: Scene) -> None:
    made = id_of(report(door, scene.agent, scene.object_id).members)
    assert made in [id_of(item) for item in door.get("/agent-events").items]
    assert door.get(f"/agent-events/{made}").members["id"] == made
    assert door.get(f"/agent-events/{UNKNOWN_ID}").code == "agent_event_not_found"
    assert door.get("/agent-events", pak=scene.agent.pak).status == 403


def test_pak_id_narrows_events_to_the_agents_of_one_generator(door: Door, scene: Scene) -> None:
    report(door, scene.agent, scene.object_id)
    assert door.get("/agent-events", query={"pak_id": scene.generator.id}).json == [], "whoever owns the stack"
    member = new_agent(door, scene.generator)
    made = id_of(report(door, member, new_object(door, new_stack(door, new_generator(door)))).members)
    mine = door.get("/agent-events", query={"pak_id": scene.generator.id}).items
    assert [id_of(item) for item in mine] == [made]
    assert door.get("/agent-events", query={"pak_id": UNKNOWN_ID}).json == []


def test_deleting_an_agent_hides_its_events(door: Door, scene: Scene) -> None:
    made = id_of(report(door, scene.agent, scene.object_id).members)
    door.delete(f"/agents/{scene.agent.id}")
    assert door.get(f"/agent-events/{made}").status == 404
