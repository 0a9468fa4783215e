"""The audit log, PAKs, settings and connections (contract 2.4, 2.7, 6.2, 6.9)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject, as_text
from fake_broker_support import API, UNKNOWN_ID, Door, id_of, new_agent, new_generator, new_object, new_stack, unique
from fake_live_support import Live, until
from webhook_support import subscribe


def logged(door: Door, query: Mapping[str, str], *, number: int = 1) -> list[JsonObject]:
    """Return entries of the audit log as soon as there are so many: a real broker writes it every second or so."""

    def found() -> list[JsonObject]:
        entries = door.get("/admin/audit-logs", query=query).members["logs"]
        assert isinstance(entries, list)
        return [entry for entry in entries if isinstance(entry, dict)]

    until(lambda: len(found()) >= number)
    return found()


def test_what_was_done_is_written_down(door: Door) -> None:
    agent = new_agent(door)
    (entry,) = logged(door, {"action": "agent.created", "resource_id": agent.id})
    assert (entry["actor_type"], entry["actor_id"], entry["actor_name"]) == ("admin", None, "admin")
    assert entry["resource_type"] == "agent"
    assert entry["details"] == {"name": agent.name, "cluster_name": agent.cluster_name}
    assert "user_agent" not in entry


def test_a_rotation_of_an_agent_is_the_admins_whoever_did_it(door: Door) -> None:
    agent = new_agent(door)
    door.post(f"/agents/{agent.id}/rotate-pak", pak=agent.pak)
    (entry,) = logged(door, {"action": "pak.rotated", "resource_id": agent.id})
    assert (entry["actor_type"], entry["resource_type"]) == ("admin", "agent")


def test_a_generator_is_named(door: Door) -> None:
    generator = new_generator(door)
    door.post(f"/generators/{generator.id}/rotate-pak", pak=generator.pak)
    (entry,) = logged(door, {"action": "pak.rotated", "resource_id": generator.id})
    assert (entry["actor_type"], entry["actor_id"]) == ("generator", generator.id)
    assert entry["actor_name"] == generator.name
    assert entry["details"] == {"generator_name": generator.name}


def test_a_stack_is_the_admins_whoever_made_it(door: Door) -> None:
    generator = new_generator(door)
    name = unique("stack")
    body: JsonObject = {"name": name, "generator_id": generator.id}
    stack = id_of(door.post("/stacks", body, pak=generator.pak).members)
    (entry,) = logged(door, {"action": "stack.created", "resource_id": stack})
    assert (entry["actor_type"], entry["actor_id"]) == ("admin", None)
    assert entry["details"] == {"name": name, "generator_id": generator.id}


def test_a_prefix_finds_all_actions_of_a_kind(door: Door) -> None:
    agent = new_agent(door)
    door.call("PUT", f"/agents/{agent.id}", {"status": "ACTIVE"})
    found = logged(door, {"action": "agent.*", "resource_id": agent.id}, number=2)
    # A real broker writes several at once with one time, in any order.
    assert {as_text(entry["action"]) for entry in found} == {"agent.updated", "agent.created"}


def test_a_delivery_that_is_given_up_is_the_systems(door: Door) -> None:
    agent, stack, label = new_agent(door), new_stack(door, new_generator(door)), unique("edge")
    door.post(f"/agents/{agent.id}/labels", {"agent_id": agent.id, "label": label})
    filters: JsonObject = {"stack_id": stack}
    webhook = subscribe(door, event_types=["deployment.created"], filters=filters, target_labels=[label])
    new_object(door, stack)
    (delivery,) = door.get(f"/agents/{agent.id}/webhooks/pending", pak=agent.pak).items
    result: JsonObject = {"success": False, "status_code": 404, "error": "no"}
    door.post(f"/webhook-deliveries/{id_of(delivery)}/result", result, pak=agent.pak)
    (entry,) = logged(door, {"action": "webhook.delivery_failed", "resource_id": webhook})
    assert (entry["actor_type"], entry["actor_id"], entry["resource_type"]) == ("system", None, "webhook_subscription")
    assert entry["details"] == {
        "attempts": 1,
        "delivered_by_agent": agent.id,
        "delivery_id": id_of(delivery),
        "error": "HTTP 404: no",
        "retryable": False,
        "status_code": 404,
    }


def test_a_pak_nobody_has_is_written_down_and_no_pak_at_all_is_not(live: Live) -> None:
    door = live.door
    address = unique("somewhere")
    headers = {"authorization": "Bearer a_b_c", "x-forwarded-for": f"{address}, 10.0.0.1"}
    path = f"/agents/{UNKNOWN_ID}/labels"
    without = {"x-forwarded-for": address}
    assert door.send(Request(method="GET", path=f"{API}{path}", headers=without)).status == 401
    assert door.send(Request(method="GET", path=f"{API}{path}", headers=headers)).status == 401
    assert door.send(Request(method="GET", path=f"{API}/fleet/live", headers=headers)).status == 401

    def mine() -> list[Json]:
        entries = logged(door, {"action": "auth.failed", "limit": "1000"})
        return [entry["details"] for entry in entries if entry.get("ip_address") == address]

    until(lambda: len(mine()) >= 2)
    told = sorted(mine(), key=str)
    assert told == [{"reason": "invalid_pak", "path": one} for one in (path, f"{API}/fleet/live")]


def test_the_log_comes_in_pages(door: Door) -> None:
    generator = new_generator(door)
    for _ in range(2):
        door.post(f"/generators/{generator.id}/rotate-pak")
    logged(door, {"resource_id": generator.id}, number=4)
    query = {"resource_id": generator.id, "limit": "1", "offset": "1"}
    page = door.get("/admin/audit-logs", query=query).members
    assert (page["count"], page["limit"], page["offset"]) == (1, 1, 1)
    assert isinstance(page["total"], int)
    clamped = [door.get("/admin/audit-logs", query={"limit": one}).members["limit"] for one in ("0", "5000")]
    assert clamped == [1, 1000]
    assert door.get("/admin/audit-logs").members["limit"] == 100
    assert door.get("/admin/audit-logs", query={"limit": "many"}).status == 400


def test_times_bound_the_log(door: Door) -> None:
    moment = as_text(door.get(f"/agents/{new_agent(door).id}").members["created_at"])
    assert logged(door, {"from": moment})
    early = door.get("/admin/audit-logs", query={"to": "2001-01-01T00:00:00Z"}).members
    assert (early["logs"], early["total"]) == ([], 0)


@pytest.mark.parametrize("path", ["/admin/audit-logs", "/admin/ws/connections", "/paks"])
def test_it_is_all_for_admins(door: Door, path: str) -> None:
    assert door.get(path, pak=new_agent(door).pak).code == "admin_required"
    assert door.get(path, pak=new_generator(door).pak).code == "admin_required"


def test_reading_the_settings_again_tells_what_changed(door: Door) -> None:
    answer = door.post("/admin/config/reload")
    assert answer.status in (200, 503)
    if answer.status == 200:
        assert isinstance(answer.members["changes"], list)
        assert answer.members["success"] is True
    else:
        assert answer.code == "config_reload_disabled"
