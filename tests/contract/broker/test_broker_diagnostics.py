"""Diagnostics (contract 5.10, 6.6; scenario 32)."""

from __future__ import annotations

import pytest
from attrs import frozen

from brokkr_core.model.json import Json, JsonObject
from fake_broker_support import (
    UNKNOWN_ID,
    Door,
    Member,
    Reply,
    id_of,
    new_agent,
    new_generator,
    new_object,
    new_stack,
)

RESULT: JsonObject = {
    "pod_statuses": "[]",
    "events": "no JSON, and nobody looks",
    "log_tails": None,
    "collected_at": "2026-08-02T10:02:10Z",
}


@frozen(kw_only=True)
class Scene:
    """An agent and an object."""

    agent: Member
    object_id: str


@pytest.fixture
def scene(door: Door) -> Scene:
    return Scene(agent=new_agent(door), object_id=new_object(door, new_stack(door, new_generator(door))))


def ask(door: Door, scene: Scene, **members: Json) -> Reply:
    body: JsonObject = {"agent_id": scene.agent.id, "requested_by": "ops@example.org", **members}
    return door.post(f"/deployment-objects/{scene.object_id}/diagnostics", body)


def asked(door: Door, scene: Scene) -> str:
    return id_of(ask(door, scene).members)


def waiting(door: Door, scene: Scene) -> list[str]:
    answer = door.get(f"/agents/{scene.agent.id}/diagnostics/pending", pak=scene.agent.pak)
    return [id_of(item) for item in answer.items]


def status_of(door: Door, request: str) -> object:
    both = door.get(f"/diagnostics/{request}").members["request"]
    assert isinstance(both, dict)
    return both["status"]


def test_a_request_goes_from_pending_to_completed(door: Door, scene: Scene) -> None:
    made = ask(door, scene)
    assert (made.status, made.members["status"]) == (201, "pending")
    request = id_of(made.members)
    assert waiting(door, scene) == [request]
    claimed = door.post(f"/diagnostics/{request}/claim", pak=scene.agent.pak)
    assert (claimed.status, claimed.members["status"]) == (200, "claimed")
    assert waiting(door, scene) == []
    stored = door.post(f"/diagnostics/{request}/result", RESULT, pak=scene.agent.pak)
    assert (stored.status, stored.members["events"]) == (201, RESULT["events"])
    both = door.get(f"/diagnostics/{request}", pak=scene.agent.pak).members
    assert status_of(door, request) == "completed"
    assert both["result"] == stored.members


def test_without_a_result_there_is_null(door: Door, scene: Scene) -> None:
    assert door.get(f"/diagnostics/{asked(door, scene)}").members["result"] is None


def test_the_second_claim_is_409(door: Door, scene: Scene) -> None:
    request = asked(door, scene)
    assert door.post(f"/diagnostics/{request}/claim").status == 200
    again = door.post(f"/diagnostics/{request}/claim", pak=scene.agent.pak)
    assert (again.status, again.code) == (409, "diagnostic_already_claimed")


def test_a_result_for_what_was_not_claimed_is_409(door: Door, scene: Scene) -> None:
    refused = door.post(f"/diagnostics/{asked(door, scene)}/result", RESULT, pak=scene.agent.pak)
    assert (refused.status, refused.code) == (409, "diagnostic_not_claimed")


def test_not_even_an_admin_hands_in_a_result(door: Door, scene: Scene) -> None:
    request = asked(door, scene)
    door.post(f"/diagnostics/{request}/claim")
    assert door.post(f"/diagnostics/{request}/result", RESULT).status == 403


@pytest.mark.parametrize("empty", ["pod_statuses", "events"])
def test_an_empty_text_is_no_result(door: Door, scene: Scene, empty: str) -> None:
    request = asked(door, scene)
    door.post(f"/diagnostics/{request}/claim")
    refused = door.post(f"/diagnostics/{request}/result", {**RESULT, empty: ""}, pak=scene.agent.pak)
    assert (refused.status, refused.code) == (400, "invalid_diagnostic_result")


def test_another_agent_has_no_business_with_it(door: Door, scene: Scene) -> None:
    request, other = asked(door, scene), new_agent(door)
    for answer in (
        door.get(f"/diagnostics/{request}", pak=other.pak),
        door.post(f"/diagnostics/{request}/claim", pak=other.pak),
        door.post(f"/diagnostics/{request}/result", RESULT, pak=other.pak),
    ):
        assert (answer.status, answer.code) == (403, "diagnostic_not_owned")


def test_what_is_asked_for_must_exist(door: Door, scene: Scene) -> None:
    nobody = ask(door, scene, agent_id=UNKNOWN_ID)
    assert (nobody.status, nobody.code) == (404, "agent_not_found")
    nothing = door.post(f"/deployment-objects/{UNKNOWN_ID}/diagnostics", {"agent_id": scene.agent.id})
    assert (nothing.status, nothing.code) == (404, "deployment_object_not_found")
    assert door.get(f"/diagnostics/{UNKNOWN_ID}").code == "diagnostic_not_found"


@pytest.mark.parametrize("minutes", [0, 1441, -1])
def test_a_request_lives_for_a_minute_to_a_day(door: Door, scene: Scene, minutes: int) -> None:
    refused = ask(door, scene, retention_minutes=minutes)
    assert (refused.status, refused.code) == (400, "invalid_diagnostic_request")


def test_asking_is_for_admins(door: Door, scene: Scene) -> None:
    path = f"/deployment-objects/{scene.object_id}/diagnostics"
    assert door.post(path, {"agent_id": scene.agent.id}, pak=scene.agent.pak).code == "admin_required"


def test_what_expires_pending_is_expired_and_what_expires_claimed_has_failed(door: Door, scene: Scene) -> None:
    pending = id_of(ask(door, scene, retention_minutes=1).members)
    claimed = id_of(ask(door, scene, retention_minutes=1).members)
    door.post(f"/diagnostics/{claimed}/claim")
    door.advance(seconds=61)
    assert waiting(door, scene) == []
    door.advance(seconds=900)
    assert (status_of(door, pending), status_of(door, claimed)) == ("expired", "failed")
    refused = door.post(f"/diagnostics/{claimed}/result", RESULT, pak=scene.agent.pak)
    assert refused.code == "diagnostic_not_claimed"
    door.advance(seconds=3600 + 900)
    assert door.get(f"/diagnostics/{pending}").code == "diagnostic_not_found"
