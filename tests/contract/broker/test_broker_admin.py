"""The audit log, PAKs, settings and connections (contract 2.4, 2.7, 6.2, 6.9)."""

from __future__ import annotations

import pytest

from brokkr_core.model.http import Request
from brokkr_core.model.json import JsonObject, as_text
from fake_broker_support import API, UNKNOWN_ID, Door, id_of, new_agent, new_generator, unique

#: A real broker writes its log behind the caller's back; asking is slow enough to be a clock.
MOST_LOOKS = 200


def logged(door: Door, **query: str) -> list[JsonObject]:
    """Return entries of the audit log, as soon as there are any."""
    for _ in range(MOST_LOOKS):
        logs = door.get("/admin/audit-logs", query=query).members["logs"]
        assert isinstance(logs, list)
        if logs:
            return [entry for entry in logs if isinstance(entry, dict)]
    return []


def test_what_was_done_is_written_down(door: Door) -> None:
    agent = new_agent(door)
    (entry,) = logged(door, action="agent.created", resource_id=agent.id)
    assert (entry["actor_type"], entry["actor_id"], entry["actor_name"]) == ("admin", None, "admin")
    assert entry["resource_type"] == "agent"
    assert entry["details"] == {"name": agent.name, "cluster_name": agent.cluster_name}
    assert "user_agent" not in entry


def test_a_rotation_is_the_admins_whoever_did_it(door: Door) -> None:
    agent = new_agent(door)
    door.post(f"/agents/{agent.id}/rotate-pak", pak=agent.pak)
    (entry,) = logged(door, action="pak.rotated", resource_id=agent.id)
    assert entry["actor_type"] == "admin"


def test_a_generator_is_named(door: Door) -> None:
    generator = new_generator(door)
    body: JsonObject = {"name": unique("stack"), "generator_id": generator.id}
    stack = id_of(door.post("/stacks", body, pak=generator.pak).members)
    (entry,) = logged(door, action="stack.created", resource_id=stack)
    assert (entry["actor_type"], entry["actor_id"]) == ("generator", generator.id)
    assert entry["actor_name"] == generator.name


def test_a_prefix_finds_all_actions_of_a_kind(door: Door) -> None:
    agent = new_agent(door)
    door.call("PUT", f"/agents/{agent.id}", {"status": "ACTIVE"})
    assert logged(door, action="agent.updated", resource_id=agent.id)
    found = logged(door, action="agent.*", resource_id=agent.id)
    assert [entry["action"] for entry in found] == ["agent.updated", "agent.created"]


def test_a_pak_nobody_has_is_written_down_and_no_pak_at_all_is_not(door: Door) -> None:
    address = f"203.0.113.{len(unique('x')) % 200}"
    headers = {"authorization": "Bearer a_b_c", "x-forwarded-for": f"{address}, 10.0.0.1"}
    path = f"{API}/agents/{UNKNOWN_ID}/labels"
    assert door.send(Request(method="GET", path=path, headers=headers)).status == 401
    entry = logged(door, action="auth.failed", limit="1")[0]
    assert entry["details"] == {"reason": "invalid_pak", "path": path}
    assert entry["ip_address"] == address
    before = door.get("/admin/audit-logs", query={"action": "auth.failed"}).members["total"]
    assert door.send(Request(method="GET", path=path)).status == 401
    assert door.get("/admin/audit-logs", query={"action": "auth.failed"}).members["total"] == before


def test_the_log_comes_in_pages(door: Door) -> None:
    generator = new_generator(door)
    for _ in range(2):
        door.post(f"/generators/{generator.id}/rotate-pak")
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
    assert logged(door, **{"from": moment})
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
