"""The agent's WebSocket: who gets in, what is pushed, what becomes of what is said (contract 8, scenarios 5, 40-46)."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject, as_list, as_object
from fake_broker_support import CONFIG_MAP, UNKNOWN_ID, Member, give, id_of, new_object
from fake_live_support import (
    AGENT_PATH,
    NIL,
    Live,
    RefusedError,
    cast,
    frame,
    heard_by_now,
    heartbeat,
    nothing_was_pushed,
    until,
)

STAMPS: JsonObject = {"id": NIL, "created_at": "2026-08-02T10:05:00Z", "updated_at": "2026-08-02T10:05:00Z"}


def event(agent: Member, object_id: str, status: str = "SUCCESS", **more: Json) -> str:
    body: JsonObject = {
        **STAMPS,
        "deleted_at": None,
        "agent_id": agent.id,
        "deployment_object_id": object_id,
        "event_type": "DEPLOY",
        "status": status,
        "message": None,
        **more,
    }
    return frame("agent_event", **body)


def health(agent: Member, object_id: str, status: str) -> str:
    body: JsonObject = {
        **STAMPS,
        "agent_id": agent.id,
        "deployment_object_id": object_id,
        "status": status,
        "summary": '{"pods_ready":1,"pods_total":1,"conditions":[],"resources":[]}',
        "checked_at": "2026-08-02T10:05:00Z",
    }
    return frame("agent_health", **body)


def events_of(live: Live, agent: Member) -> list[Json]:
    return [item["status"] for item in live.door.get(f"/agents/{agent.id}/events").items]


@pytest.mark.parametrize(("who", "status"), [("admin", 403), ("generator", 403), ("nobody", 401), ("stranger", 401)])
def test_only_an_agent_gets_in(live: Live, who: str, status: int) -> None:
    players = cast(live.door)
    stranger = players.agent.pak[:-1] + ("1" if players.agent.pak[-1] != "1" else "2")
    paks = {"admin": live.door.admin_pak, "generator": players.generator.pak, "nobody": "", "stranger": stranger}

    with pytest.raises(RefusedError) as caught:
        live.open(AGENT_PATH, paks[who])
    assert (caught.value.status, caught.value.body) == (status, b"")


def test_a_newer_connection_takes_the_place_of_the_older(live: Live) -> None:
    players = cast(live.door, given=False)
    older = live.agent(players.agent)
    newer = live.agent(players.agent)
    give(live.door, players.agent, players.stack_id)

    assert newer.hear()["type"] == "target_changed"
    assert older.ended()


def test_rotation_closes_it_and_only_the_new_pak_opens_it_again(live: Live) -> None:
    players = cast(live.door)
    peer = live.agent(players.agent)
    pak = live.door.post(f"/agents/{players.agent.id}/rotate-pak").members["pak"]

    assert peer.ended()
    with pytest.raises(RefusedError) as caught:
        live.agent(players.agent)
    assert caught.value.status == 401
    live.open(AGENT_PATH, str(pak))


def test_deletion_of_the_agent_closes_it(live: Live) -> None:
    players = cast(live.door)
    peer = live.agent(players.agent)
    live.door.delete(f"/agents/{players.agent.id}")

    assert peer.ended()


def test_a_target_that_is_added_is_pushed_and_one_that_is_removed_is_not(live: Live) -> None:
    players = cast(live.door, given=False)
    peer = live.agent(players.agent)
    target = give(live.door, players.agent, players.stack_id).members

    assert peer.hear() == {"type": "target_changed", "body": target}
    assert live.door.delete(f"/agents/{players.agent.id}/targets/{players.stack_id}").status == 204
    assert nothing_was_pushed(live, peer, players)


def test_a_deregistration_is_pushed_as_a_target_of_nothing(live: Live) -> None:
    players = cast(live.door)
    peer = live.agent(players.agent)
    live.door.delete(f"/generators/{players.generator.id}/register", {"agent_id": players.agent.id})

    assert peer.hear() == {"type": "target_changed", "body": {"id": NIL, "agent_id": players.agent.id, "stack_id": NIL}}


def test_a_posted_object_is_pushed_as_its_stack_to_who_was_explicitly_given_it(live: Live) -> None:
    players = cast(live.door)
    peer = live.agent(players.agent)
    new_object(live.door, players.stack_id)
    pushed = peer.hear()

    assert pushed["type"] == "stack_changed"
    assert pushed["body"] == live.door.get(f"/stacks/{players.stack_id}").json


def test_a_posted_object_is_not_pushed_to_who_merely_matches(live: Live) -> None:
    players = cast(live.door, given=False)
    peer = live.agent(players.agent)
    live.door.post(f"/agents/{players.agent.id}/labels", {"agent_id": players.agent.id, "label": "edge"})
    assert live.door.call("POST", f"/stacks/{players.stack_id}/labels", "edge").status == 201
    new_object(live.door, players.stack_id)

    assert nothing_was_pushed(live, peer, players)


def test_a_deleted_stack_and_a_changed_status_are_not_pushed(live: Live) -> None:
    players = cast(live.door)
    peer = live.agent(players.agent)
    live.door.delete(f"/stacks/{players.stack_id}")
    live.door.call("PUT", f"/agents/{players.agent.id}", {"status": "ACTIVE"})

    assert nothing_was_pushed(live, peer, players)


@pytest.mark.parametrize("by", ["agent_ids", "labels"])
def test_a_work_order_is_pushed_to_the_agents_it_names_only(live: Live, by: str) -> None:
    players = cast(live.door)
    live.door.post(f"/agents/{players.agent.id}/labels", {"agent_id": players.agent.id, "label": "edge"})
    peer = live.agent(players.agent)
    targeting: JsonObject = {"agent_ids": [players.agent.id]} if by == "agent_ids" else {"labels": ["edge"]}
    order = live.door.post(
        "/work-orders", {"work_type": "build", "yaml_content": CONFIG_MAP, "targeting": targeting}
    ).members

    if by == "agent_ids":
        assert peer.hear() == {"type": "work_order", "body": order}
    else:
        assert nothing_was_pushed(live, peer, players)


def test_a_full_lane_drops_pushes_and_the_connection_stays(live: Live) -> None:
    players = cast(live.door)
    peer = live.agent(players.agent)
    for _ in range(70):
        new_object(live.door, players.stack_id)
    for _ in range(64):
        assert peer.hear()["type"] == "stack_changed"

    heard_by_now(live, peer, players.agent)


@pytest.mark.parametrize(
    "noise",
    ["not JSON", "[]", "{}", '{"type":"fleet_update","body":{}}', '{"type":"x"}', b"\x00", '{"type":"heartbeat"}'],
)
def test_noise_is_dropped_and_the_connection_stays(live: Live, noise: str | bytes) -> None:
    players = cast(live.door)
    peer = live.agent(players.agent)
    peer.say(noise)

    heard_by_now(live, peer, players.agent)


def test_a_heartbeat_counts_for_the_agent_of_the_connection_whoever_it_names(live: Live) -> None:
    players, other = cast(live.door), cast(live.door)
    peer = live.agent(players.agent)
    peer.say(heartbeat(other.agent, latency=3))
    until(lambda: live.door.get(f"/agents/{players.agent.id}").members["k8s_api_latency_ms"] == 3)

    assert live.door.get(f"/agents/{players.agent.id}").members["last_heartbeat"] is not None
    assert live.door.get(f"/agents/{other.agent.id}").members["last_heartbeat"] is None


def test_an_event_is_stored_and_no_webhook_hears_of_it(live: Live) -> None:
    players = cast(live.door)
    object_id = new_object(live.door, players.stack_id)
    hook = live.door.post(
        "/webhooks",
        {
            "name": f"hook-{object_id}",
            "url": "http://127.0.0.1:9/",
            "event_types": ["deployment.*"],
            "filters": {"stack_id": players.stack_id},
        },
    )
    peer = live.agent(players.agent)
    peer.say(event(players.agent, object_id))
    until(lambda: events_of(live, players.agent) == ["SUCCESS"])

    deliveries = live.door.get(f"/webhooks/{id_of(hook.members)}/deliveries").items
    assert [one["event_type"] for one in deliveries] == []


@pytest.mark.parametrize("wrong", ["other agent", "unknown object", "long status", "missing id"])
def test_an_event_that_cannot_be_stored_is_lost_without_a_sign(live: Live, wrong: str) -> None:
    players, other = cast(live.door), cast(live.door)
    object_id = new_object(live.door, players.stack_id)
    peer = live.agent(players.agent)
    peer.say(
        {
            "other agent": event(other.agent, object_id),
            "unknown object": event(players.agent, UNKNOWN_ID),
            "long status": event(players.agent, object_id, "IN_PROGRESS"),
            "missing id": event(players.agent, object_id, id=None),
        }[wrong]
    )
    heard_by_now(live, peer, players.agent)

    assert (events_of(live, players.agent), events_of(live, other.agent)) == ([], [])


def test_a_health_report_takes_the_place_of_the_one_before_and_a_bad_one_is_lost(live: Live) -> None:
    players = cast(live.door)
    object_id = new_object(live.door, players.stack_id)
    peer = live.agent(players.agent)
    for status in ("degraded", "healthy", "fine"):
        peer.say(health(players.agent, object_id, status))
    heard_by_now(live, peer, players.agent)
    records = live.door.get(f"/deployment-objects/{object_id}/health").members["health_records"]

    assert [as_object(record)["status"] for record in as_list(records)] == ["healthy"]


def test_after_a_gap_nothing_is_sent_again(live: Live) -> None:
    players = cast(live.door)
    new_object(live.door, players.stack_id)
    peer = live.agent(players.agent)

    assert nothing_was_pushed(live, peer, players)
