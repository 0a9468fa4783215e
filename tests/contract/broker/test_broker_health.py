"""Deployment health (contract 5.9; scenarios 30, 31)."""

from __future__ import annotations

import json

import pytest
from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from fake_broker_support import UNKNOWN_ID, Door, Member, Reply, new_agent, new_generator, new_object, new_stack

SUMMARY: JsonObject = {
    "pods_ready": 1,
    "pods_total": 2,
    "conditions": ["CrashLoopBackOff"],
    "resources": [{"kind": "Pod", "name": "p", "namespace": "default", "ready": False, "message": "back-off"}],
}


@frozen(kw_only=True)
class Scene:
    """An agent and two objects of one stack."""

    agent: Member
    stack: str
    old: str
    new: str


@pytest.fixture
def scene(door: Door) -> Scene:
    generator = new_generator(door)
    stack = new_stack(door, generator)
    old, new = new_object(door, stack), new_object(door, stack)
    return Scene(agent=new_agent(door), stack=stack, old=old, new=new)


def record(object_id: str, status: str = "healthy", summary: Json = None) -> JsonObject:
    return {"id": object_id, "status": status, "summary": summary, "checked_at": "2026-08-02T10:01:00.5Z"}


def tell(door: Door, agent: Member, *records: JsonObject) -> Reply:
    body: JsonObject = {"deployment_objects": list(records)}
    return door.call("PATCH", f"/agents/{agent.id}/health-status", body, pak=agent.pak)


def overall(door: Door, object_id: str) -> Json:
    return door.get(f"/deployment-objects/{object_id}/health").members["overall_status"]


def test_a_batch_is_answered_with_200_and_no_body(door: Door, scene: Scene) -> None:
    answer = tell(door, scene.agent, record(scene.new))
    assert (answer.status, answer.body) == (200, b"")
    assert tell(door, scene.agent).status == 200


def test_a_summary_goes_in_as_an_object_and_comes_out_as_text(door: Door, scene: Scene) -> None:
    tell(door, scene.agent, record(scene.new, "degraded", SUMMARY))
    answer = door.get(f"/deployment-objects/{scene.new}/health").members
    stored = as_object(as_list(answer["health_records"])[0])
    assert json.loads(as_text(stored["summary"])) == SUMMARY
    assert stored["agent_id"] == scene.agent.id
    assert answer["overall_status"] == "degraded"


def test_a_later_report_takes_the_place_of_the_former(door: Door, scene: Scene) -> None:
    tell(door, scene.agent, record(scene.new, "failing"))
    tell(door, scene.agent, record(scene.new, "healthy"))
    answer = door.get(f"/deployment-objects/{scene.new}/health").members
    assert [dig(row, "status") for row in as_list(answer["health_records"])] == ["healthy"]


def test_one_bad_status_spoils_the_batch(door: Door, scene: Scene) -> None:
    refused = tell(door, scene.agent, record(scene.new), record(scene.old, "fine"))
    assert (refused.status, refused.code) == (422, "invalid_health_record")
    assert overall(door, scene.new) == "unknown"


def test_one_unknown_object_spoils_the_batch(door: Door, scene: Scene) -> None:
    refused = tell(door, scene.agent, record(scene.new), record(UNKNOWN_ID))
    assert (refused.status, refused.code) == (422, "foreign_key_violation")
    assert overall(door, scene.new) == "unknown"


def test_the_same_object_twice_in_a_batch_is_500(door: Door, scene: Scene) -> None:
    refused = tell(door, scene.agent, record(scene.new), record(scene.new))
    assert (refused.status, refused.code) == (500, "internal_error")
    assert overall(door, scene.new) == "unknown"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "abc"},
        {"status": None},
        {"checked_at": "yesterday"},
        {"summary": {}},
        {"summary": {**SUMMARY, "conditions": [1]}},
        {"summary": {**SUMMARY, "resources": [{"kind": "Pod"}]}},
    ],
)
def test_a_record_of_the_wrong_shape_is_422_text(door: Door, scene: Scene, wrong: JsonObject) -> None:
    refused = tell(door, scene.agent, {**record(scene.new), **wrong})
    assert refused.status == 422
    assert refused.is_text


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        (["healthy", "failing"], "failing"),
        (["degraded", "healthy"], "degraded"),
        (["unknown", "healthy"], "healthy"),
        (["unknown", "unknown"], "unknown"),
    ],
)
def test_the_roll_up_over_agents(door: Door, scene: Scene, statuses: list[str], worst: str) -> None:
    for status in statuses:
        tell(door, new_agent(door), record(scene.new, status))
    assert overall(door, scene.new) == worst


def test_the_health_of_a_stack_counts_superseded_objects(door: Door, scene: Scene) -> None:
    tell(door, scene.agent, record(scene.old, "failing"), record(scene.new, "healthy"))
    answer = door.get(f"/stacks/{scene.stack}/health").members
    assert answer["overall_status"] == "failing"
    found = {as_text(dig(item, "id")): as_object(item) for item in as_list(answer["deployment_objects"])}
    assert found[scene.old]["failing_agents"] == 1
    assert found[scene.new] == {
        "id": scene.new,
        "status": "healthy",
        "healthy_agents": 1,
        "degraded_agents": 0,
        "failing_agents": 0,
    }


def test_unknown_ids_have_unknown_health(door: Door) -> None:
    assert door.get(f"/stacks/{UNKNOWN_ID}/health").json == {
        "stack_id": UNKNOWN_ID,
        "overall_status": "unknown",
        "deployment_objects": [],
    }
    assert overall(door, UNKNOWN_ID) == "unknown"


def test_only_an_admin_reads_health(door: Door, scene: Scene) -> None:
    assert door.get(f"/stacks/{scene.stack}/health", pak=scene.agent.pak).code == "admin_required"
