"""Telemetry over the agent's WebSocket, who follows it live, and the fleet (contract 7, 8.6)."""

from __future__ import annotations

import json

import pytest

from brokkr_core.model.json import JsonObject, as_list, as_object
from brokkr_core.testing.broker.live.wires import TAIL_LIMIT, TailWire
from brokkr_core.testing.broker.sources import ManualClock
from fake_broker_support import UNKNOWN_ID, Member, new_generator, new_object
from fake_live_support import NIL, Cast, Live, Peer, RefusedError, cast, frame, heard_by_now, heartbeat, until

TAIL, FLEET = "/api/v1/stacks/{}/live", "/api/v1/fleet/live"
#: Later than any clock of a test, since history is clamped to the last six hours.
MOMENT = "2036-08-02T10:05:00.123Z"


def log_line(agent: Member, stack_id: str, text: str = "listening") -> str:
    return frame(
        "pod_log_line",
        agent_id=agent.id,
        stack_id=stack_id,
        namespace="default",
        pod="demo-5c9-x2",
        container="app",
        ts=MOMENT,
        line=text,
    )


def k8s_event(agent: Member, stack_id: str) -> str:
    about: JsonObject = {"api_version": "v1", "kind": "Pod", "namespace": "default", "name": "demo", "uid": None}
    return frame(
        "k8s_event",
        agent_id=agent.id,
        stack_id=stack_id,
        observed_at=MOMENT,
        reason="Pulled",
        message="image pulled",
        event_type="Normal",
        source="kubelet",
        involved_object=about,
    )


def log_gap(agent_id: str, stack_id: str) -> str:
    return frame(
        "log_gap", agent_id=agent_id, stack_id=stack_id, since_ts=MOMENT, dropped_count=42, reason="rate_limit"
    )


def tail(live: Live, players: Cast) -> Peer:
    return live.open(TAIL.format(players.stack_id), players.generator.pak)


def test_telemetry_is_passed_on_as_it_came_and_kept(live: Live) -> None:
    players = cast(live.door)
    follower, peer = tail(live, players), live.agent(players.agent)
    said = [k8s_event(players.agent, players.stack_id), log_line(players.agent, players.stack_id)]
    for one in [*said, log_gap(players.agent.id, players.stack_id)]:
        peer.say(one)
    heard = [follower.hear() for _ in range(3)]
    heard_by_now(live, peer, players.agent)

    assert heard[:2] == [json.loads(one) for one in said]
    assert heard[2]["type"] == "log_gap"
    events = as_list(live.door.get(f"/stacks/{players.stack_id}/events").members["events"])
    lines = as_list(live.door.get(f"/stacks/{players.stack_id}/logs").members["lines"])
    assert [as_object(one)["reason"] for one in events] == ["Pulled"]
    assert [as_object(one)["line"] for one in lines] == ["listening"], "and no gap is stored"


def test_telemetry_in_the_name_of_another_agent_is_dropped_but_a_gap_is_not(live: Live) -> None:
    players, other = cast(live.door), cast(live.door)
    follower, peer = tail(live, other), live.agent(players.agent)
    for one in (log_line(other.agent, other.stack_id), k8s_event(other.agent, other.stack_id)):
        peer.say(one)
    peer.say(log_gap(other.agent.id, other.stack_id))

    assert follower.hear()["type"] == "log_gap"
    assert live.door.get(f"/stacks/{other.stack_id}/logs").members["lines"] == []


@pytest.mark.parametrize(("who", "status"), [("other generator", 403), ("agent", 403), ("nobody", 401)])
def test_a_stack_is_followed_by_its_generator_and_the_admin_only(live: Live, who: str, status: int) -> None:
    players, other = cast(live.door), cast(live.door)
    paks = {"other generator": other.generator.pak, "agent": players.agent.pak, "nobody": ""}
    with pytest.raises(RefusedError) as caught:
        live.open(TAIL.format(players.stack_id), paks[who])
    live.open(TAIL.format(players.stack_id), live.door.admin_pak)

    assert (caught.value.status, caught.value.body) == (status, b"")


def test_a_browser_offers_its_pak_as_a_protocol(live: Live) -> None:
    players = cast(live.door)
    offer = f"brokkr.pak.{players.generator.pak}, brokkr.v1"
    follower = live.opener(TAIL.format(players.stack_id), {"sec-websocket-protocol": offer})
    live.agent(players.agent).say(log_line(players.agent, players.stack_id))

    assert follower.hear()["type"] == "pod_log_line"


def test_the_fleet_is_followed_by_the_admin_and_hears_of_coming_going_and_heartbeats_over_rest(live: Live) -> None:
    players = cast(live.door)
    with pytest.raises(RefusedError) as caught:
        live.open(FLEET, players.generator.pak)
    assert (caught.value.status, caught.value.body) == (403, b"")
    follower = live.open(FLEET, live.door.admin_pak)

    def next_about(member: str, value: bool) -> JsonObject:
        """Skip what a real broker tells besides: of others, and of everybody every 20 seconds."""
        while True:
            update = follower.hear()
            assert update["type"] == "fleet_update"
            body = as_object(update["body"])
            if (body["agent_id"], body[member]) == (players.agent.id, value):
                return body

    peer = live.agent(players.agent)
    came = next_about("ws_connected", True)
    assert came["connected_since"] is not None
    assert live.door.get(f"/agents/{players.agent.id}/fleet-status").members["record"] == {
        **came,
        "pending_object_count": 0,
    }
    heard_by_now(live, peer, players.agent)  # a heartbeat over the WebSocket, of which nobody is told
    live.door.post(f"/agents/{players.agent.id}/heartbeat", {"k8s_reachable": False}, pak=players.agent.pak)
    assert next_about("k8s_reachable", False)["ws_connected"] is True
    live.door.post(f"/agents/{players.agent.id}/rotate-pak")
    assert peer.ended()


def test_an_ordinary_request_for_a_websocket_is_refused(live: Live) -> None:
    assert live.door.get("/fleet/live").status == 400
    assert live.door.get("/fleet/live", pak="brokkr_x_y").status == 401


def test_an_admin_may_follow_a_stack_that_is_not_there(live: Live) -> None:
    live.open(TAIL.format(UNKNOWN_ID), live.door.admin_pak)
    with pytest.raises(RefusedError) as caught:
        live.open(TAIL.format(UNKNOWN_ID), new_generator(live.door).pak)
    assert (caught.value.status, caught.value.body) == (403, b"")
    with pytest.raises(RefusedError) as no_id:
        live.open(TAIL.format("abc"), live.door.admin_pak)
    assert no_id.value.status == 400


def test_a_slow_follower_loses_the_oldest_and_is_told_how_many() -> None:
    wire = TailWire("5a5a5a5a-0002-4000-8000-000000000002", ManualClock())
    for number in range(TAIL_LIMIT + 3):
        wire.push(str(number))
    gap = json.loads(wire.take() or "")

    assert gap["type"] == "log_gap"
    assert (gap["body"]["agent_id"], gap["body"]["dropped_count"], gap["body"]["reason"]) == (NIL, 3, "buffer_full")
    assert wire.take() == "3"


def test_the_fleet_is_swept_every_twenty_seconds(live: Live) -> None:
    players = cast(live.door)
    follower = live.open(FLEET, live.door.admin_pak)
    live.door.advance(seconds=20)
    live.door.get("/fleet")

    assert as_object(follower.hear()["body"])["agent_id"] == players.agent.id


def test_a_follower_is_not_listened_to(live: Live) -> None:
    players = cast(live.door)
    follower = tail(live, players)
    follower.say(heartbeat(players.agent, latency=9))
    live.agent(players.agent).say(log_line(players.agent, players.stack_id))

    assert follower.hear()["type"] == "pod_log_line"
    assert live.door.get(f"/agents/{players.agent.id}").members["k8s_api_latency_ms"] is None


def test_connections_are_counted(live: Live) -> None:
    players, other = cast(live.door), cast(live.door)

    def shown() -> tuple[JsonObject | None, int]:
        told = live.door.get("/admin/ws/connections").members
        connections = [as_object(one) for one in as_list(told["connections"])]
        assert told["connected_agents"] == len(connections)
        followers = told["live_subscribers"]
        assert isinstance(followers, int)
        return next((one for one in connections if one["agent_id"] == players.agent.id), None), followers

    assert shown()[0] is None
    before = shown()[1]
    peer, _ = live.agent(players.agent), tail(live, players)
    new_object(live.door, players.stack_id)
    assert peer.hear()["type"] == "stack_changed"
    for said in ("not JSON", b"\x00", '{"type":"x","body":{}}', heartbeat(players.agent), k8s_event(other.agent, NIL)):
        peer.say(said)
    heard_by_now(live, peer, players.agent)
    connection, followers = shown()

    assert connection is not None
    assert (connection["messages_in"], connection["messages_out"]) == (3, 1), "what is understood counts"
    assert connection["connected_since"] is not None
    assert followers == before + 1
    live.door.post(f"/agents/{players.agent.id}/rotate-pak")
    assert peer.ended()
    until(lambda: shown()[0] is None)
