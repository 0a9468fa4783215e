"""Heartbeats: a time stamp, and what the agent says of its cluster when that can be read (contract 5.5)."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker import fleet
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import Fields, object_body
from brokkr_core.testing.broker.errors import RefusedError
from brokkr_core.testing.broker.records import AgentRow
from brokkr_core.testing.broker.roles import living_agent, require_agent_itself
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.wire import nothing


@frozen(kw_only=True)
class ClusterReport:
    """What an agent says of its cluster."""

    reachable: bool
    latency_ms: int | None


def heartbeat(call: Call) -> Response:
    """Set the time of the last heartbeat; a body that cannot be read changes nothing else."""
    require_agent_itself(call, call.id)
    agent = living_agent(call, call.id)
    put_heartbeat(call.state, agent, _readable_report(call.request), call.now)
    fleet.announce(call.state, call.board, agent.id, call.now)
    return nothing(204)


def put_heartbeat(state: State, agent: AgentRow, report: ClusterReport | None, now: datetime) -> None:
    """Store that an agent lives, and what it said of its cluster, if it said anything."""
    agent = evolve(agent, last_heartbeat=now, updated_at=now)
    if report is not None:
        agent = evolve(
            agent,
            k8s_reachable=report.reachable,
            k8s_api_latency_ms=report.latency_ms,
            k8s_reported_at=now,
        )
    state.agents.put(agent)


def read_report(body: Fields) -> ClusterReport | None:
    """Return what an agent says of its cluster, or None when it does not say whether that can be reached.

    Raises:
        RefusedError: 422, a member has another type.
    """
    reachable, latency_ms = body.optional_boolean("k8s_reachable"), body.optional_int32("k8s_api_latency_ms")
    return None if reachable is None else ClusterReport(reachable=reachable, latency_ms=latency_ms)


def _readable_report(request: Request) -> ClusterReport | None:
    try:
        return read_report(object_body(request))
    except RefusedError:
        return None


ROUTES = (Route(method="POST", template="/agents/{id}/heartbeat", handler=heartbeat),)
