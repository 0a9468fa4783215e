"""All agents at a glance (contract 4.11, 6.7)."""

from __future__ import annotations

from datetime import datetime

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.errors import refuse
from brokkr_core.testing.broker.records import AgentRow, EventRow
from brokkr_core.testing.broker.roles import require_admin
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.target_state import pending_objects
from brokkr_core.testing.broker.wire import plain, row_json
from brokkr_core.testing.broker.work_claims import pending_orders

RECENT_EVENTS = 20


def list_fleet(call: Call) -> Response:
    """Answer with a record for each agent, or those registered with the generator ``pak_id``."""
    only = call.query_uuid("pak_id")
    require_admin(call)
    agents = call.state.agents.where(lambda row: only is None or call.state.registered(row.id, only))
    return Response.of_json(200, [fleet_record(call.state, agent, call.now) for agent in agents])


def fleet_status(call: Call) -> Response:
    """Answer with the record of one agent and its last events, newest first."""
    require_admin(call)
    agent = call.state.agents.live(call.id)
    if agent is None:
        raise refuse(404, "agent_not_found", f"no agent {call.id}")
    events = [row_json(event) for event in _events(call.state, agent)[:RECENT_EVENTS]]
    return Response.of_json(200, {"record": fleet_record(call.state, agent, call.now), "recent_events": [*events]})


def fleet_record(state: State, agent: AgentRow, now: datetime) -> JsonObject:
    """Count what there is to know of an agent.

    Args:
        state: the database.
        agent: which one.
        now: what ages are counted from.

    Returns:
        The record as it leaves the broker.
    """
    events = _events(state, agent)
    last_event = events[0].created_at if events else None
    health = [row.status for row in state.health if row.agent_id == agent.id]
    claimed = state.work_orders.where(lambda row: row.status == "CLAIMED" and row.claimed_by == agent.id)
    return {
        "agent_id": agent.id,
        "name": agent.name,
        "cluster_name": agent.cluster_name,
        "status": agent.status,
        "ws_connected": False,
        "connected_since": None,
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
