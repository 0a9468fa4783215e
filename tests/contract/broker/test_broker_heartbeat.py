"""Heartbeats (contract 5.5; scenarios 14 to 16)."""

from __future__ import annotations

import pytest

from brokkr_core.broker import parse_timestamp
from brokkr_core.model.json import JsonObject, as_text
from fake_broker_support import Door, Member, new_agent

JSON_TYPE = {"content-type": "application/json"}


def beat(door: Door, agent: Member, body: JsonObject) -> JsonObject:
    assert door.post(f"/agents/{agent.id}/heartbeat", body, pak=agent.pak).status == 204
    return door.get(f"/agents/{agent.id}").members


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"not json", b'{"k8s_api_latency_ms":7}', b'{"k8s_reachable":"yes"}', b"[]"],
)
def test_a_body_that_says_nothing_still_counts_as_a_heartbeat(door: Door, body: bytes) -> None:
    agent = new_agent(door)
    path = f"/agents/{agent.id}/heartbeat"
    answer = door.call("POST", path, raw=body, headers=JSON_TYPE, pak=agent.pak)
    assert (answer.status, answer.body) == (204, b"")
    after = door.get(f"/agents/{agent.id}").members
    assert after["last_heartbeat"] is not None
    assert after["k8s_reachable"] is None
    assert after["k8s_reported_at"] is None


def test_what_the_agent_says_of_its_cluster_is_stored(door: Door) -> None:
    after = beat(door, new_agent(door), {"k8s_reachable": True, "k8s_api_latency_ms": 7})
    assert (after["k8s_reachable"], after["k8s_api_latency_ms"]) == (True, 7)
    reported, beaten = (parse_timestamp(as_text(after[name])) for name in ("k8s_reported_at", "last_heartbeat"))
    assert abs(reported - beaten).total_seconds() < 5.0


def test_an_unreachable_cluster_clears_the_latency(door: Door) -> None:
    agent = new_agent(door)
    beat(door, agent, {"k8s_reachable": True, "k8s_api_latency_ms": 7})
    after = beat(door, agent, {"k8s_reachable": False})
    assert (after["k8s_reachable"], after["k8s_api_latency_ms"]) == (False, None)


def test_a_heartbeat_leaves_the_status_alone(door: Door) -> None:
    assert beat(door, new_agent(door), {"k8s_reachable": True})["status"] == "INACTIVE"


def test_nobody_but_the_agent_itself_sends_its_heartbeat(door: Door) -> None:
    agent, other = new_agent(door), new_agent(door)
    for pak in (door.admin_pak, other.pak):
        refused = door.post(f"/agents/{agent.id}/heartbeat", {}, pak=pak)
        assert (refused.status, refused.code) == (403, "agent_pak_mismatch")


def test_a_later_heartbeat_moves_the_time(door: Door) -> None:
    agent = new_agent(door)
    first = beat(door, agent, {})["last_heartbeat"]
    door.advance(seconds=1.5)
    assert beat(door, agent, {})["last_heartbeat"] != first
