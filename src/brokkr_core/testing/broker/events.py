"""What agents report about deployment objects (contract 5.7, 6.6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker import hooks
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import Fields, object_body
from brokkr_core.testing.broker.errors import check_width, foreign_key_violation, refuse
from brokkr_core.testing.broker.records import EventRow
from brokkr_core.testing.broker.roles import require_admin, require_agent_or_admin
from brokkr_core.testing.broker.timers import Sweep
from brokkr_core.testing.broker.wire import many, one, timestamp

_STATUS_WIDTH = 10
_TYPE_WIDTH = 50


def create_event(call: Call) -> Response:
    """Store an event; nothing checks its status, and the same event twice makes two rows."""
    event = read_event(object_body(call.request), call.new_id(), call.now)
    require_agent_or_admin(call, call.id)
    if event.agent_id != call.id:
        raise refuse(400, "agent_id_mismatch", "the body names another agent than the path")
    check_widths(event)
    if not call.state.agents.exists(event.agent_id):
        raise foreign_key_violation("agent_events_agent_id")
    if not call.state.objects.exists(event.deployment_object_id):
        raise foreign_key_violation("agent_events_deployment_object_id")
    call.state.events.put(event)
    _tell_webhooks(call, event)
    return one(201, event)


def events_of_agent(call: Call) -> Response:
    """Answer with the events of an agent, newest first."""
    require_agent_or_admin(call, call.id)
    return many(reversed(call.state.events.where(lambda row: row.agent_id == call.id)))


def list_events(call: Call) -> Response:
    """Answer with all events, or those of agents that are registered with the generator ``pak_id`` (measured)."""
    only = call.query_uuid("pak_id")
    require_admin(call)
    rows = call.state.events.where(lambda row: only is None or call.state.registered(row.agent_id, only))
    return many(reversed(rows))


def get_event(call: Call) -> Response:
    """Answer with one event."""
    require_admin(call)
    event = call.state.events.live(call.id)
    if event is None:
        raise refuse(404, "agent_event_not_found", f"no event {call.id}")
    return one(200, event)


def expire(sweep: Sweep) -> None:
    """Delete old events for good; an object they were about turns pending again (contract 5.6)."""
    days = sweep.settings.agent_events_retention_days
    if days:
        oldest = sweep.now - timedelta(days=days)
        sweep.state.events.purge(lambda row: row.created_at < oldest)


def read_event(body: Fields, event_id: str, now: datetime) -> EventRow:
    """Return the event that an agent reports, over REST or its WebSocket.

    Args:
        body: what it said.
        event_id: the id of the new row.
        now: when it came.

    Raises:
        RefusedError: 422, a member is missing or has another type.
    """
    return EventRow(
        id=event_id,
        created_at=now,
        updated_at=now,
        agent_id=body.uuid("agent_id"),
        deployment_object_id=body.uuid("deployment_object_id"),
        event_type=body.text("event_type"),
        status=body.text("status"),
        message=body.optional_text("message"),
    )


def check_widths(event: EventRow) -> None:
    """Refuse texts that do not fit into their columns.

    Raises:
        RefusedError: 500, as ``check_width``.
    """
    check_width(_STATUS_WIDTH, event.status)
    check_width(_TYPE_WIDTH, event.event_type)


def _tell_webhooks(call: Call, event: EventRow) -> None:
    """Only events that come over REST are told, and anything but a success is a failure (contract 5.7)."""
    row = call.state.objects.row(event.deployment_object_id)
    data: JsonObject = {
        "agent_event_id": event.id,
        "agent_id": event.agent_id,
        "deployment_object_id": event.deployment_object_id,
        "stack_id": None if row is None else row.stack_id,
        "event_type": event.event_type,
        "status": event.status,
        "message": event.message,
        "created_at": timestamp(event.created_at),
    }
    outcome = "applied" if event.status.upper() == "SUCCESS" else "failed"
    hooks.emit(call, f"deployment.{outcome}", data)


ROUTES = (
    Route(method="POST", template="/agents/{id}/events", handler=create_event),
    Route(method="GET", template="/agents/{id}/events", handler=events_of_agent),
    Route(method="GET", template="/agent-events", handler=list_events),
    Route(method="GET", template="/agent-events/{id}", handler=get_event),
)
