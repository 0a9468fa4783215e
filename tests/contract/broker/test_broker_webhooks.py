"""Webhook subscriptions and what they are told (contract 6.10; scenarios 28, 29)."""

from __future__ import annotations

import json

import pytest

from brokkr_core.model.json import Json, JsonObject, as_text
from fake_broker_support import (
    UNKNOWN_ID,
    Door,
    id_of,
    new_agent,
    new_generator,
    new_object,
    new_stack,
    report,
    unique,
)
from webhook_support import NOWHERE, deliveries, subscribe


def test_a_subscription_shows_neither_url_nor_auth_header(door: Door) -> None:
    webhook = subscribe(door, auth_header="Bearer s3cr3t", filters={"stack_id": UNKNOWN_ID})
    shown = door.get(f"/webhooks/{webhook}")
    assert b"s3cr3t" not in shown.body
    assert NOWHERE.encode() not in shown.body
    assert (shown.members["has_url"], shown.members["has_auth_header"]) == (True, True)
    assert (shown.members["max_retries"], shown.members["timeout_seconds"]) == (5, 30)
    assert (shown.members["filters"], shown.members["enabled"]) == ({"stack_id": UNKNOWN_ID}, True)
    assert webhook in [id_of(item) for item in door.get("/webhooks").items]


@pytest.mark.parametrize(
    ("members", "status", "code"),
    [
        ({"url": ""}, 400, "url_required"),
        ({"url": "ftp://x.example"}, 400, "invalid_url_scheme"),
        ({"name": " "}, 400, "invalid_webhook"),
        ({"name": "x" * 256}, 400, "invalid_webhook"),
        ({"event_types": []}, 400, "invalid_webhook"),
        ({"max_retries": 11}, 422, "invalid_webhook"),
        ({"timeout_seconds": 0}, 422, "invalid_webhook"),
        ({"timeout_seconds": 301}, 422, "invalid_webhook"),
        ({"validate": True}, 422, "unsupported_field"),
        ({"filters": {"labels": ["a"]}}, 422, "unsupported_field"),
        ({"event_types": "stack.created"}, 422, "invalid_request_body"),
        ({"name": 1}, 422, "invalid_request_body"),
    ],
)
def test_what_cannot_be_a_subscription_is_refused(door: Door, members: JsonObject, status: int, code: str) -> None:
    body: JsonObject = {"name": "chat", "url": NOWHERE, "event_types": ["*"], **members}
    refused = door.post("/webhooks", body)
    assert (refused.status, refused.code) == (status, code)


def test_a_missing_member_has_a_code_here(door: Door) -> None:
    refused = door.post("/webhooks", {"name": "chat"})
    assert (refused.status, refused.code) == (422, "invalid_request_body")


def test_a_change_touches_what_is_given_and_a_null_is_not_given(door: Door) -> None:
    filters: JsonObject = {"agent_id": UNKNOWN_ID}
    webhook = subscribe(door, auth_header="Bearer x", target_labels=["edge"], filters=filters)
    path = f"/webhooks/{webhook}"
    nulls: JsonObject = {"filters": None, "auth_header": None, "target_labels": None}
    changed = door.call("PUT", path, {"name": "other", **nulls}).members
    assert (changed["name"], changed["filters"], changed["has_auth_header"]) == ("other", filters, True)
    assert changed["target_labels"] == ["edge"]
    for nothing in (nulls, {}):
        refused = door.call("PUT", path, dict(nothing))
        assert (refused.status, refused.code) == (500, "internal_error")
    assert door.call("PUT", path, {"filters": {}}).members["filters"] == {}
    refused = door.call("PUT", path, {"filters": {"labels": ["a"]}})
    assert (refused.status, refused.code) == (422, "unsupported_field")


@pytest.mark.parametrize(
    ("members", "status", "code"),
    [
        ({"max_retries": 11}, 422, "invalid_webhook"),
        ({"timeout_seconds": 0}, 422, "invalid_webhook"),
        ({"enabled": "no"}, 422, "invalid_request_body"),
        ({"name": "x" * 256}, 500, "internal_error"),
        ({"url": "gopher://x", "name": " ", "event_types": []}, 200, ""),
    ],
)
def test_of_a_change_only_the_numbers_are_checked(door: Door, members: JsonObject, status: int, code: str) -> None:
    changed = door.call("PUT", f"/webhooks/{subscribe(door)}", members)
    assert (changed.status, changed.members.get("code", "")) == (status, code)


def test_a_deleted_subscription_is_gone(door: Door) -> None:
    path = f"/webhooks/{subscribe(door)}"
    assert door.delete(path).status == 204
    for answer in (door.get(path), door.delete(path), door.get(f"{path}/deliveries"), door.post(f"{path}/test")):
        assert (answer.status, answer.code) == (404, "webhook_not_found")


def test_the_names_of_the_events_are_told(door: Door) -> None:
    names = door.get("/webhooks/event-types").json
    assert isinstance(names, list)
    assert len(names) == 12
    assert "deployment.applied" in names


def test_subscriptions_are_for_admins(door: Door) -> None:
    for pak in (new_agent(door).pak, new_generator(door).pak):
        assert door.get("/webhooks", pak=pak).code == "admin_required"
        assert door.get("/webhooks/event-types", pak=pak).status == 403


def test_a_test_event_nobody_takes_is_400(door: Door) -> None:
    refused = door.post(f"/webhooks/{subscribe(door)}/test")
    assert (refused.status, refused.code) == (400, "webhook_test_failed")


@pytest.mark.parametrize(("status", "told"), [("SUCCESS", "applied"), ("success", "applied"), ("PENDING", "failed")])
def test_any_event_but_a_success_is_told_as_a_failure(door: Door, status: str, told: str) -> None:
    agent, stack = new_agent(door), new_stack(door, new_generator(door))
    webhook = subscribe(door, event_types=["deployment.*"], filters={"agent_id": agent.id})
    made = new_object(door, stack)
    event = id_of(report(door, agent, made, status).members)
    (delivery,) = deliveries(door, webhook)
    assert delivery["event_type"] == f"deployment.{told}"
    payload = json.loads(as_text(delivery["payload"]))
    assert payload["event_type"] == f"deployment.{told}"
    assert payload["data"]["agent_event_id"] == event
    assert (payload["data"]["stack_id"], payload["data"]["status"]) == (stack, status)


def test_a_pattern_and_a_filter_say_what_is_told(door: Door) -> None:
    stack = new_stack(door, new_generator(door))
    mine: Json = {"stack_id": stack}
    exact = subscribe(door, event_types=["deployment.created"], filters=mine)
    family = subscribe(door, event_types=["stack.*"], filters=mine)
    everything = subscribe(door, event_types=["*"], filters=mine)
    other = subscribe(door, event_types=["*"], filters={"stack_id": UNKNOWN_ID})
    off = subscribe(door, event_types=["*"], filters=mine)
    door.call("PUT", f"/webhooks/{off}", {"enabled": False})
    new_object(door, stack)
    door.delete(f"/stacks/{stack}")
    told = [[row["event_type"] for row in deliveries(door, one)] for one in (exact, family, everything, other, off)]
    assert told == [
        ["deployment.created"],
        ["stack.deleted"],
        ["stack.deleted", "deployment.created"],
        [],
        [],
    ]


def test_agents_and_work_orders_are_told_of(door: Door) -> None:
    agents = subscribe(door, event_types=["agent.*"])
    work = subscribe(door, event_types=["workorder.*"])
    agent, kind = new_agent(door), unique("type")
    body: JsonObject = {"work_type": kind, "yaml_content": "a: 1", "target_agent_ids": [agent.id]}
    order = id_of(door.post("/work-orders", body).members)
    door.post(f"/work-orders/{order}/claim", {"agent_id": agent.id})
    door.post(f"/work-orders/{order}/complete", {"success": True})
    door.delete(f"/agents/{agent.id}")
    about_agent = [row["event_type"] for row in deliveries(door, agents) if agent.id in as_text(row["payload"])]
    assert about_agent == ["agent.deregistered", "agent.registered"]
    about_order = [row["event_type"] for row in deliveries(door, work) if order in as_text(row["payload"])]
    assert about_order == ["workorder.completed", "workorder.claimed", "workorder.created"]


def test_deliveries_come_in_pages(door: Door) -> None:
    stack = new_stack(door, new_generator(door))
    webhook = subscribe(door, event_types=["deployment.created"], filters={"stack_id": stack})
    for _ in range(3):
        new_object(door, stack)
    every = [id_of(row) for row in deliveries(door, webhook)]
    page = deliveries(door, webhook, limit="1", offset="1")
    assert [id_of(row) for row in page] == every[1:2]
    assert deliveries(door, webhook, status="dead") == []
