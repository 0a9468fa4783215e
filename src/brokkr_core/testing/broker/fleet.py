"""All agents at a glance (contract 4.11, 6.7)."""

from __future__ import annotations

from datetime import datetime

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.live.board import Board
from brokkr_core.testing.broker.records import AgentRow, EventRow
from brokkr_core.testing.broker.roles import living_agent, require_admin
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.target_state import pending_objects
from brokkr_core.testing.broker.timers import Sweep
from brokkr_core.testing.broker.wire import plain, row_json
from brokkr_core.testing.broker.work_claims import pending_orders

RECENT_EVENTS = 20


def list_fleet(call: Call) -> Response:
    """Answer with a record for each agent, or those registered with the generator ``pak_id``."""
    only = call.query_uuid("pak_id")
    require_admin(call)
    agents = call.state.agents.where(lambda row: only is None or call.state.registered(row.id, only))
    return Response.of_json(200, [fleet_record(call.state, call.board, agent, call.now) for agent in agents])


def fleet_status(call: Call) -> Response:
    """Answer with the record of one agent and its last events, newest first."""
    require_admin(call)
    agent = living_agent(call, call.id)
    events = [row_json(event) for event in _events(call.state, agent)[:RECENT_EVENTS]]
    record = fleet_record(call.state, call.board, agent, call.now)
    return Response.of_json(200, {"record": record, "recent_events": [*events]})


def announce(state: State, board: Board, agent_id: str, now: datetime) -> None:
    """Tell who follows the fleet how an agent is, as connecting, disconnecting and a heartbeat over REST do.

    Args:
        state: the database.
        board: who is connected, and who follows the fleet.
        agent_id: which agent; one that was deleted is passed over.
        now: what ages are counted from.
    """
    agent = state.agents.live(agent_id)
    if agent is not None and board.fleet_is_watched:
        board.tell_fleet(fleet_record(state, board, agent, now))


def sweep(sweep: Sweep) -> None:
    """Tell who follows the fleet about every agent (contract 7.3)."""
    for agent in sweep.state.agents:
        announce(sweep.state, sweep.board, agent.id, sweep.now)


def fleet_record(state: State, board: Board, agent: AgentRow, now: datetime) -> JsonObject:
    """Count what there is to know of an agent.

    Args:
        state: the database.
        board: who is connected to this process; others may hold the WebSocket (contract 6.7).
        agent: which one.
        now: what ages are counted from.

    Returns:
        The record as it leaves the broker.
    """
    events = _events(state, agent)
    since = board.connected_since(agent.id)
    last_event = events[0].created_at if events else None
    health = [row.status for row in state.health if row.agent_id == agent.id]
    claimed = state.work_orders.where(lambda row: row.status == "CLAIMED" and row.claimed_by == agent.id)
    return {
        "agent_id": agent.id,
        "name": agent.name,
        "cluster_name": agent.cluster_name,
        "status": agent.status,
        "ws_connected": since is not None,
        "connected_since": plain(since),
        "last_heartbeat": plain(agent.last_heartbeat),
        "heartbeat_age_seconds": _age(agent.last_heartbeat, now),
        "pending_object_count": len(pending_objects(state, agent.id)),
        "pending_work_orders": len(pending_orders(state, agent.id)),
        "claimed_work_orders": len(claimed),
        "last_event_at": plain(last_event),
        "seconds_since_last_event": _age(last_event, now),
        "health_failing": health.count("failing"),
        "health_degraded": health.count("degraded"),
        "k8s_reachable": agent.k8s_reachable,
        "k8s_api_latency_ms": agent.k8s_api_latency_ms,
    }


def _events(state: State, agent: AgentRow) -> list[EventRow]:
    return state.events.where(lambda row: row.agent_id == agent.id)[::-1]


def _age(moment: datetime | None, now: datetime) -> int | None:
    return None if moment is None else int((now - moment).total_seconds())


ROUTES = (
    Route(method="GET", template="/fleet", handler=list_fleet),
    Route(method="GET", template="/agents/{id}/fleet-status", handler=fleet_status),
)
