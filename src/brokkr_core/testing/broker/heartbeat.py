"""Heartbeats: a time stamp, and what the agent says of its cluster when that can be read (contract 5.5)."""

from __future__ import annotations

from attrs import evolve, frozen

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker import fleet
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import RefusedError
from brokkr_core.testing.broker.roles import living_agent, require_agent_itself
from brokkr_core.testing.broker.wire import nothing


@frozen(kw_only=True)
class ClusterReport:
    """What an agent says of its cluster."""

    reachable: bool
    latency_ms: int | None


def heartbeat(call: Call) -> Response:
    """Set the time of the last heartbeat; a body that cannot be read changes nothing else."""
    require_agent_itself(call, call.id)
    agent = evolve(living_agent(call, call.id), last_heartbeat=call.now, updated_at=call.now)
    report = _readable_report(call.request)
    if report is not None:
        agent = evolve(
            agent,
            k8s_reachable=report.reachable,
            k8s_api_latency_ms=report.latency_ms,
            k8s_reported_at=call.now,
        )
    call.state.agents.put(agent)
    fleet.announce(call.state, call.board, agent.id, call.now)
    return nothing(204)


def _readable_report(request: Request) -> ClusterReport | None:
    try:
        body = object_body(request)
        reachable = body.optional_boolean("k8s_reachable")
        latency_ms = body.optional_int32("k8s_api_latency_ms")
    except RefusedError:
        return None
    if reachable is None:
        return None
    return ClusterReport(reachable=reachable, latency_ms=latency_ms)


ROUTES = (Route(method="POST", template="/agents/{id}/heartbeat", handler=heartbeat),)
