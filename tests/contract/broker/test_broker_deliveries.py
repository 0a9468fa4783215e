"""Webhooks delivered by agents (contract 5.12, 9; scenarios 36 to 38)."""

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
    unique,
)
from webhook_support import NOWHERE, deliveries, subscribe


@frozen(kw_only=True)
class Scene:
    """A stack whose new objects are told to a webhook that only one agent can reach."""

    agent: Member
    stack: str
    webhook: str


@pytest.fixture
def scene(door: Door) -> Scene:
    return make(door)


def make(door: Door, **members: Json) -> Scene:
    agent, stack, label = new_agent(door), new_stack(door, new_generator(door)), unique("edge")
    door.post(f"/agents/{agent.id}/labels", {"agent_id": agent.id, "label": label})
    filters: Json = {"stack_id": stack}
    wanted: JsonObject = {"target_labels": [label], "auth_header": "Bearer s3cr3t", **members}
    webhook = subscribe(door, event_types=["deployment.created"], filters=filters, **wanted)
    return Scene(agent=agent, stack=stack, webhook=webhook)


def take(door: Door, agent: Member) -> list[JsonObject]:
    return door.get(f"/agents/{agent.id}/webhooks/pending", pak=agent.pak).items


def taken(door: Door, scene: Scene) -> str:
    """Cause one delivery and claim it."""
    new_object(door, scene.stack)
    (delivery,) = take(door, scene.agent)
    return id_of(delivery)


def tell(door: Door, agent: Member, delivery: str, **members: Json) -> Reply:
    return door.post(f"/webhook-deliveries/{delivery}/result", {**members}, pak=agent.pak)


def test_a_claim_gives_url_and_credentials_and_the_payload_as_text(door: Door, scene: Scene) -> None:
    new_object(door, scene.stack)
    (delivery,) = take(door, scene.agent)
    assert (delivery["url"], delivery["auth_header"]) == (NOWHERE, "Bearer s3cr3t")
    assert (delivery["subscription_id"], delivery["attempts"]) == (scene.webhook, 0)
    assert isinstance(delivery["payload"], str)
    (row,) = deliveries(door, scene.webhook)
    assert (row["status"], row["acquired_by"]) == ("acquired", scene.agent.id)


def test_the_second_claim_is_empty_until_the_first_expires(door: Door, scene: Scene) -> None:
    delivery = taken(door, scene)
    assert take(door, scene.agent) == []
    door.advance(seconds=59)
    assert take(door, scene.agent) == []
    door.advance(seconds=6)
    assert [id_of(one) for one in take(door, scene.agent)] == [delivery]


def test_the_oldest_ten_at_a_time(door: Door, scene: Scene) -> None:
    for _ in range(12):
        new_object(door, scene.stack)
    oldest_first = [id_of(row) for row in reversed(deliveries(door, scene.webhook))]
    # In any order: a real broker's database gives them as it claimed them.
    assert {id_of(one) for one in take(door, scene.agent)} == set(oldest_first[:10])
    assert {id_of(one) for one in take(door, scene.agent)} == set(oldest_first[10:])


def test_an_agent_without_all_labels_gets_nothing(door: Door, scene: Scene) -> None:
    new_object(door, scene.stack)
    assert take(door, new_agent(door)) == []


def test_what_the_broker_delivers_is_not_offered_to_agents(door: Door) -> None:
    scene = make(door, target_labels=None)
    new_object(door, scene.stack)
    assert take(door, scene.agent) == []


def test_a_success_ends_it(door: Door, scene: Scene) -> None:
    delivery = taken(door, scene)
    answer = tell(door, scene.agent, delivery, success=True, status_code=204, duration_ms=83)
    assert (answer.status, answer.json) == (200, {"status": "success", "delivery_id": delivery})


def test_a_second_report_after_a_success_is_taken_and_counts(door: Door, scene: Scene) -> None:
    delivery = taken(door, scene)
    assert tell(door, scene.agent, delivery, success=True).status == 200
    assert tell(door, scene.agent, delivery, success=True).status == 200
    (row,) = deliveries(door, scene.webhook)
    assert (row["status"], row["attempts"]) == ("success", 2)


@pytest.mark.parametrize(
    ("status_code", "status"),
    [(404, "dead"), (410, "dead"), (408, "failed"), (425, "failed"), (429, "failed"), (503, "failed"), (302, "failed")],
)
def test_what_a_receiver_said_decides_about_another_try(
    door: Door, scene: Scene, status_code: int, status: str
) -> None:
    answer = tell(door, scene.agent, taken(door, scene), success=False, status_code=status_code, error="no")
    assert (answer.status, answer.members["status"], answer.members["attempts"]) == (200, status, 1)
    assert (answer.members["next_retry_at"] is None) == (status == "dead")
    (row,) = deliveries(door, scene.webhook)
    assert row["last_error"] == f"HTTP {status_code}: no"


def test_no_answer_of_a_receiver_is_worth_another_try_after_two_seconds(door: Door, scene: Scene) -> None:
    delivery = taken(door, scene)
    assert tell(door, scene.agent, delivery, success=False, error="refused").members["status"] == "failed"
    assert take(door, scene.agent) == []
    door.advance(seconds=7)
    (again,) = take(door, scene.agent)
    assert (id_of(again), again["attempts"]) == (delivery, 1)


def test_the_last_attempt_that_fails_is_the_end(door: Door) -> None:
    scene = make(door, max_retries=2)
    delivery = taken(door, scene)
    assert tell(door, scene.agent, delivery, success=False).members["status"] == "failed"
    door.advance(seconds=7)
    take(door, scene.agent)
    last = tell(door, scene.agent, delivery, success=False)
    assert (last.members["status"], last.members["attempts"]) == ("dead", 2)


def test_only_its_holder_reports_a_delivery(door: Door, scene: Scene) -> None:
    delivery = taken(door, scene)
    refused = tell(door, new_agent(door), delivery, success=True)
    assert (refused.status, refused.code) == (403, "delivery_not_acquired_by_agent")
    by_admin = door.post(f"/webhook-deliveries/{delivery}/result", {"success": True})
    assert (by_admin.status, by_admin.code) == (403, "agent_pak_required")
    assert tell(door, scene.agent, UNKNOWN_ID, success=True).code == "delivery_not_found"
    assert tell(door, scene.agent, delivery).status == 422


def test_a_report_after_the_claim_expired_is_refused(door: Door, scene: Scene) -> None:
    delivery = taken(door, scene)
    door.advance(seconds=66)
    assert tell(door, scene.agent, delivery, success=True).code == "delivery_not_acquired_by_agent"


def test_claiming_is_for_the_agent_itself_and_for_admins(door: Door, scene: Scene) -> None:
    path = f"/agents/{scene.agent.id}/webhooks/pending"
    assert door.get(path, pak=new_agent(door).pak).code == "agent_pak_mismatch"
    assert door.get(path).json == []
    assert door.get(f"/agents/{UNKNOWN_ID}/webhooks/pending").code == "agent_not_found"
