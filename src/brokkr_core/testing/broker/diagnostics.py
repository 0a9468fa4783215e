"""Diagnostics: asked for by operators, gathered by agents (contract 5.10, 6.6)."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import refuse
from brokkr_core.testing.broker.records_work import DiagnosticResultRow, DiagnosticRow
from brokkr_core.testing.broker.roles import living_agent, require_admin, require_agent_or_admin
from brokkr_core.testing.broker.timers import Sweep
from brokkr_core.testing.broker.wire import many, one, row_json

DEFAULT_MINUTES = 60
MOST_MINUTES = 1440
KEPT_HOURS = 1

_ENDED = frozenset({"completed", "failed", "expired"})


def request_diagnostics(call: Call) -> Response:
    """Ask an agent for diagnostics of an object; nobody checks that it has the object."""
    body = object_body(call.request)
    agent_id, minutes = body.uuid("agent_id"), body.optional_int32("retention_minutes")
    requested_by = body.optional_text("requested_by")
    require_admin(call)
    if call.state.objects.live(call.id) is None:
        raise refuse(404, "deployment_object_not_found", f"no deployment object {call.id}")
    living_agent(call, agent_id)
    minutes = DEFAULT_MINUTES if minutes is None else minutes
    if not 1 <= minutes <= MOST_MINUTES:
        raise refuse(400, "invalid_diagnostic_request", f"retention_minutes is from 1 to {MOST_MINUTES}")
    row = DiagnosticRow(
        id=call.new_id(),
        agent_id=agent_id,
        deployment_object_id=call.id,
        requested_by=requested_by,
        created_at=call.now,
        expires_at=call.now + timedelta(minutes=minutes),
    )
    return one(201, call.state.diagnostics.put(row))


def get_diagnostics(call: Call) -> Response:
    """Answer with a request and its result, if there is one."""
    row = _request(call)
    if not call.caller.admin:
        _check_addressed(call, row)
    result = _result_of(call, row)
    answer: JsonObject = {"request": row_json(row), "result": None if result is None else row_json(result)}
    return Response.of_json(200, answer)


def pending_for_agent(call: Call) -> Response:
    """Answer with what an agent is to look into, oldest first; what has expired is left out at once."""
    require_agent_or_admin(call, call.id)
    return many(
        call.state.diagnostics.where(
            lambda row: row.agent_id == call.id and row.status == "pending" and row.expires_at > call.now
        )
    )


def claim(call: Call) -> Response:
    """Take a pending request on; the second one to do so gets 409."""
    row = _request(call)
    if not call.caller.admin:
        _check_addressed(call, row)
    if row.status != "pending":
        raise refuse(409, "diagnostic_already_claimed", f"the request is {row.status}")
    return one(200, call.state.diagnostics.put(evolve(row, status="claimed", claimed_at=call.now)))


def submit_result(call: Call) -> Response:
    """Store what the addressed agent found; not even an admin may do that for it."""
    body = object_body(call.request)
    pod_statuses, events = body.text("pod_statuses"), body.text("events")
    log_tails, collected_at = body.optional_text("log_tails"), body.time("collected_at")
    row = _request(call)
    _check_addressed(call, row)
    if row.status != "claimed":
        raise refuse(409, "diagnostic_not_claimed", f"the request is {row.status}")
    if not pod_statuses or not events:
        raise refuse(400, "invalid_diagnostic_result", "pod_statuses and events must not be empty")
    call.state.diagnostics.put(evolve(row, status="completed", completed_at=call.now))
    result = DiagnosticResultRow(
        id=call.new_id(),
        request_id=row.id,
        pod_statuses=pod_statuses,
        events=events,
        log_tails=log_tails,
        collected_at=collected_at,
        created_at=call.now,
    )
    return one(201, call.state.diagnostic_results.put(result))


def clean_up(sweep: Sweep) -> None:
    """End what expired, and delete what ended more than an hour ago."""
    ends = {"pending": "expired", "claimed": "failed"}
    for row in list(sweep.state.diagnostics):
        if row.status in ends and row.expires_at <= sweep.now:
            sweep.state.diagnostics.put(evolve(row, status=ends[row.status], completed_at=sweep.now))
    oldest = sweep.now - timedelta(hours=KEPT_HOURS)
    sweep.state.diagnostics.purge(
        lambda row: row.status in _ENDED and row.completed_at is not None and row.completed_at < oldest
    )
    sweep.state.diagnostic_results.purge(lambda row: not sweep.state.diagnostics.exists(row.request_id))


def _request(call: Call) -> DiagnosticRow:
    row = call.state.diagnostics.live(call.id)
    if row is None:
        raise refuse(404, "diagnostic_not_found", f"no diagnostic request {call.id}")
    return row


def _check_addressed(call: Call, row: DiagnosticRow) -> None:
    if call.caller.agent != row.agent_id:
        raise refuse(403, "diagnostic_not_owned", "the request is addressed to another agent")


def _result_of(call: Call, row: DiagnosticRow) -> DiagnosticResultRow | None:
    return call.state.diagnostic_results.first(lambda result: result.request_id == row.id)


ROUTES = (
    Route(method="POST", template="/deployment-objects/{id}/diagnostics", handler=request_diagnostics),
    Route(method="GET", template="/diagnostics/{id}", handler=get_diagnostics),
    Route(method="GET", template="/agents/{id}/diagnostics/pending", handler=pending_for_agent),
    Route(method="POST", template="/diagnostics/{id}/claim", handler=claim),
    Route(method="POST", template="/diagnostics/{id}/result", handler=submit_result),
)
