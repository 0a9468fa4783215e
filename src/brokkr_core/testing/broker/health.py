"""The health of deployment objects: what agents report and how it is summed up (contract 5.9)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from attrs import evolve

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import Fields, as_shape, misshapen, object_body
from brokkr_core.testing.broker.errors import foreign_key_violation, refuse
from brokkr_core.testing.broker.records import HealthRow
from brokkr_core.testing.broker.roles import require_admin, require_agent_or_admin
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.wire import nothing, row_json

#: Worst first: one record of an earlier status decides, whatever the others say.
WORST_FIRST = ("failing", "degraded", "healthy", "unknown")


def report_health(call: Call) -> Response:
    """Store a batch of health records, or nothing at all; answers 200 without a body."""
    reported = _reported(call)
    require_agent_or_admin(call, call.id)
    _check(call, reported)
    for row in reported:
        put_health(call.state, row)
    return nothing(200)


def put_health(state: State, row: HealthRow) -> None:
    """Store a health record in the place of the one about the same object of the same agent, if there is one."""
    about = (row.agent_id, row.deployment_object_id)
    known = state.health.first(lambda old: (old.agent_id, old.deployment_object_id) == about) or row
    state.health.put(evolve(row, id=known.id, created_at=known.created_at))


def health_of_object(call: Call) -> Response:
    """Answer with the health records of an object; an unknown id has none."""
    require_admin(call)
    rows = call.state.health.where(lambda row: row.deployment_object_id == call.id)
    body: JsonObject = {
        "deployment_object_id": call.id,
        "health_records": [row_json(row) for row in rows],
        "overall_status": overall(row.status for row in rows),
    }
    return Response.of_json(200, body)


def health_of_stack(call: Call) -> Response:
    """Answer with the health of every object of a stack, superseded ones included."""
    require_admin(call)
    objects = reversed(call.state.objects.where(lambda row: row.stack_id == call.id))
    summaries = [_object_summary(call, row.id) for row in objects]
    body: JsonObject = {
        "stack_id": call.id,
        "overall_status": overall(str(summary["status"]) for summary in summaries),
        "deployment_objects": list(summaries),
    }
    return Response.of_json(200, body)


def overall(statuses: Iterable[str]) -> str:
    """Sum up: failing beats degraded beats healthy beats unknown."""
    seen = set(statuses)
    return next((status for status in WORST_FIRST if status in seen), "unknown")


def _object_summary(call: Call, object_id: str) -> JsonObject:
    rows = call.state.health.where(lambda row: row.deployment_object_id == object_id)
    statuses = [row.status for row in rows]
    return {
        "id": object_id,
        "status": overall(statuses),
        "healthy_agents": statuses.count("healthy"),
        "degraded_agents": statuses.count("degraded"),
        "failing_agents": statuses.count("failing"),
    }


def _reported(call: Call) -> list[HealthRow]:
    items = object_body(call.request).items("deployment_objects")
    return [_record(call, Fields(as_shape(item, "deployment_objects"))) for item in items]


def _record(call: Call, body: Fields) -> HealthRow:
    summary = body.optional_object("summary")
    return HealthRow(
        id=call.new_id(),
        agent_id=call.id,
        deployment_object_id=body.uuid("id"),
        status=body.text("status"),
        summary=None if summary is None else _summary_text(summary),
        checked_at=body.time("checked_at"),
        created_at=call.now,
        updated_at=call.now,
    )


def _summary_text(summary: Fields) -> str:
    conditions = summary.items("conditions")
    if not all(isinstance(condition, str) for condition in conditions):
        raise misshapen("`summary.conditions`: expected a list of strings")
    resources = summary.optional_items("resources")
    body: JsonObject = {
        "pods_ready": summary.int32("pods_ready"),
        "pods_total": summary.int32("pods_total"),
        "conditions": conditions,
        "resources": None
        if resources is None
        else [_resource(Fields(as_shape(item, "summary.resources"))) for item in resources],
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _resource(body: Fields) -> JsonObject:
    return {
        "kind": body.text("kind"),
        "name": body.text("name"),
        "namespace": body.text("namespace"),
        "ready": body.boolean("ready"),
        "message": body.optional_text("message"),
    }


def _check(call: Call, reported: list[HealthRow]) -> None:
    if any(row.status not in WORST_FIRST for row in reported):
        raise refuse(422, "invalid_health_record", "a status is healthy, degraded, failing or unknown")
    ids = [row.deployment_object_id for row in reported]
    if len(set(ids)) < len(ids):
        raise refuse(500, "internal_error", "the database refused to write a row twice")
    if not all(call.state.objects.exists(object_id) for object_id in ids):
        raise foreign_key_violation("deployment_health_deployment_object_id")


ROUTES = (
    Route(method="PATCH", template="/agents/{id}/health-status", handler=report_health),
    Route(method="GET", template="/deployment-objects/{id}/health", handler=health_of_object),
    Route(method="GET", template="/stacks/{id}/health", handler=health_of_stack),
)
