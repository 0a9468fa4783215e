"""The fleet, and what is due with each agent (contract 4.11, 6.6, 6.7; scenario 49)."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_object
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
    report,
)


def record_of(door: Door, agent: Member) -> JsonObject:
    return as_object(door.get(f"/agents/{agent.id}/fleet-status").members["record"])


def test_a_new_agent_has_nothing_to_do_and_was_never_seen(door: Door) -> None:
    agent = new_agent(door)
    record = record_of(door, agent)
    assert (record["agent_id"], record["name"], record["status"]) == (agent.id, agent.name, "INACTIVE")
    assert (record["last_heartbeat"], record["heartbeat_age_seconds"], record["last_event_at"]) == (None, None, None)
    assert (record["ws_connected"], record["connected_since"]) == (False, None)
    counts = ("pending_object_count", "pending_work_orders", "claimed_work_orders", "health_failing", "health_degraded")
    assert [record[name] for name in counts] == [0, 0, 0, 0, 0]


def test_what_is_due_is_counted(door: Door) -> None:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    give(door, agent, stack)
    made = new_object(door, stack)
    for _ in range(2):
        body: JsonObject = {"work_type": "custom", "yaml_content": "a: 1", "target_agent_ids": [agent.id]}
        order = id_of(door.post("/work-orders", body).members)
    door.post(f"/work-orders/{order}/claim", {"agent_id": agent.id})
    door.call(
        "PATCH",
        f"/agents/{agent.id}/health-status",
        {"deployment_objects": [{"id": made, "status": "failing", "checked_at": "2026-08-02T10:01:00Z"}]},
    )
    record = record_of(door, agent)
    assert (record["pending_object_count"], record["health_failing"]) == (1, 1)
    assert (record["pending_work_orders"], record["claimed_work_orders"]) == (1, 1)
    report(door, agent, made)
    assert record_of(door, agent)["pending_object_count"] == 0


def test_ages_are_counted_in_seconds(door: Door) -> None:
    agent = new_agent(door)
    door.post(f"/agents/{agent.id}/heartbeat", {"k8s_reachable": True, "k8s_api_latency_ms": 7}, pak=agent.pak)
    record = record_of(door, agent)
    assert (record["k8s_reachable"], record["k8s_api_latency_ms"]) == (True, 7)
    door.advance(seconds=90)
    assert record_of(door, agent)["heartbeat_age_seconds"] == 90


def test_the_last_twenty_events_come_newest_first(door: Door) -> None:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    made = new_object(door, stack)
    events = [id_of(report(door, agent, made).members) for _ in range(21)]
    recent = door.get(f"/agents/{agent.id}/fleet-status").members["recent_events"]
    assert isinstance(recent, list)
    assert [as_object(event)["id"] for event in recent] == events[:0:-1]


def test_the_fleet_is_narrowed_to_a_generator(door: Door) -> None:
    generator = new_generator(door)
    inside, outside = new_agent(door, generator), new_agent(door)
    narrowed = door.get("/fleet", query={"pak_id": generator.id}).items
    assert [item["agent_id"] for item in narrowed] == [inside.id]
    assert {inside.id, outside.id} <= {str(item["agent_id"]) for item in door.get("/fleet").items}
    assert door.get("/fleet", query={"pak_id": UNKNOWN_ID}).json == []


def test_an_inactive_agent_is_offered_everything_too(door: Door) -> None:
    agent = new_agent(door)
    assert door.get(f"/agents/{agent.id}").members["status"] == "INACTIVE"
    order: JsonObject = {"work_type": "custom", "yaml_content": "a: 1", "target_agent_ids": [agent.id]}
    made = id_of(door.post("/work-orders", order).members)
    assert door.post(f"/work-orders/{made}/claim", {"agent_id": agent.id}, pak=agent.pak).status == 200
    for polled in ("diagnostics", "webhooks"):
        assert door.get(f"/agents/{agent.id}/{polled}/pending", pak=agent.pak).json == []


def test_the_fleet_is_for_admins(door: Door) -> None:
    agent = new_agent(door)
    assert door.get("/fleet", pak=agent.pak).code == "admin_required"
    assert door.get(f"/agents/{agent.id}/fleet-status", pak=agent.pak).code == "admin_required"
    assert door.get(f"/agents/{UNKNOWN_ID}/fleet-status").code == "agent_not_found"
