"""Running the broker: its settings and its connections (contract 6.9)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.model.json import Json
from brokkr_core.testing.broker import audit
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.errors import refuse
from brokkr_core.testing.broker.roles import require_admin
from brokkr_core.testing.broker.wire import timestamp


def reload_config(call: Call) -> Response:
    """Read the settings again; those of a fake never change."""
    require_admin(call)
    if not call.settings.config_reload:
        raise refuse(503, "config_reload_disabled", "this broker does not reload its settings")
    audit.record(call, "config.reloaded", "config", None)
    return Response.of_json(
        200,
        {
            "reloaded_at": timestamp(call.now),
            "changes": [],
            "success": True,
            "message": "no setting has changed",
        },
    )


def list_connections(call: Call) -> Response:
    """Answer with the agents that hold a WebSocket to this process, and how many follow a stack or the fleet."""
    require_admin(call)
    connections: list[Json] = [
        {
            "agent_id": wire.agent_id,
            "connected_since": timestamp(wire.since),
            "messages_in": wire.messages_in,
            "messages_out": wire.messages_out,
        }
        for wire in call.board.wires
    ]
    return Response.of_json(
        200,
        {
            "connected_agents": len(connections),
            "connections": connections,
            "live_subscribers": call.board.followers,
        },
    )


ROUTES = (
    Route(method="POST", template="/admin/config/reload", handler=reload_config),
    Route(method="GET", template="/admin/ws/connections", handler=list_connections),
)
