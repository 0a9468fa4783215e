"""Work orders as agents see them: what is offered, claimed and completed (contract 5.11)."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker import audit, hooks
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import refuse
from brokkr_core.testing.broker.records_work import WorkOrderLogRow, WorkOrderRow
from brokkr_core.testing.broker.roles import require_agent_or_admin
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.timers import Sweep
from brokkr_core.testing.broker.wire import many, one, timestamp
from brokkr_core.testing.broker.work_orders import work_order_not_found

#: Ours: a wait that would leave the calendar is cut to some thirty years.
_LONGEST_WAIT_SECONDS = 10**9


def pending_for_agent(call: Call) -> Response:
    """Answer with the orders an agent may claim, oldest first."""
    agent_id, work_type = call.params["agent_id"], call.request.query.get("work_type")
    require_agent_or_admin(call, agent_id)
    return many(row for row in pending_orders(call.state, agent_id) if work_type in (None, row.work_type))


def claim(call: Call) -> Response:
    """Give an order to the first agent that asks; everybody else gets 404, whatever the reason."""
    agent_id = object_body(call.request).uuid("agent_id")
    require_agent_or_admin(call, agent_id)
    order = next((row for row in pending_orders(call.state, agent_id) if row.id == call.id), None)
    if order is None:
        raise refuse(404, "work_order_not_claimable", f"work order {call.id} cannot be claimed by this agent")
    claimed = call.state.work_orders.put(
        evolve(order, status="CLAIMED", claimed_by=agent_id, claimed_at=call.now, updated_at=call.now)
    )
    audit.record(call, "workorder.claimed", "work_order", order.id)
    data: JsonObject = {
        "work_order_id": order.id,
        "work_type": order.work_type,
        "agent_id": agent_id,
        "claimed_at": timestamp(call.now),
    }
    hooks.emit(call, "workorder.claimed", data)
    return one(200, claimed)


def complete(call: Call) -> Response:
    """End an order, or schedule its next try: 202, which the OpenAPI document does not know."""
    body = object_body(call.request)
    success, message = body.boolean("success"), body.optional_text("message")
    retryable = body.optional_boolean("retryable") is not False
    order = call.state.work_orders.live(call.id)
    if order is None:
        raise work_order_not_found(call.id)
    # An order nobody claimed compares equal to a caller that is no agent: the broker's own gap (contract 5.11).
    if not call.caller.admin and order.claimed_by != call.caller.agent:
        raise refuse(403, "work_order_not_claimed_by_agent", "the order is not claimed by this agent")
    if not success and message is None:
        message = "Unknown error"
    tries = order.retry_count + 1
    if success or not retryable or tries > order.max_retries:
        return one(200, _finish(call, order, success=success, retryable=retryable, message=message))
    call.state.work_orders.put(
        evolve(
            order,
            status="RETRY_PENDING",
            retry_count=tries,
            next_retry_after=call.now + timedelta(seconds=min(order.backoff_seconds * 2**tries, _LONGEST_WAIT_SECONDS)),
            claimed_by=None,
            claimed_at=None,
            last_error=message,
            last_error_at=call.now,
            updated_at=call.now,
        )
    )
    audit.record(call, "workorder.retry", "work_order", order.id)
    return Response.of_json(202, {"status": "retry_scheduled"})


def pending_orders(state: State, agent_id: str) -> list[WorkOrderRow]:
    """Return the orders that match an agent and are pending; generators play no part here.

    Args:
        state: the database.
        agent_id: any id.

    Returns:
        Oldest first.
    """
    labels = state.labels_of_agent(agent_id)
    pairs = state.annotations_of_agent(agent_id)
    return state.work_orders.where(
        lambda row: (
            row.status == "PENDING"
            and (
                agent_id in row.for_agents
                or not labels.isdisjoint(row.for_labels)
                or not pairs.isdisjoint(row.for_annotations)
            )
        )
    )


def maintain(sweep: Sweep) -> None:
    """Offer again what waited long enough and what was claimed too long; the count of a stale claim stays."""
    for row in list(sweep.state.work_orders):
        if _due(row, sweep):
            sweep.state.work_orders.put(
                evolve(row, status="PENDING", claimed_by=None, claimed_at=None, updated_at=sweep.now)
            )


def _due(row: WorkOrderRow, sweep: Sweep) -> bool:
    if row.status == "RETRY_PENDING":
        return row.next_retry_after is not None and row.next_retry_after <= sweep.now
    if row.status == "CLAIMED" and row.claimed_at is not None:
        return row.claimed_at + timedelta(seconds=row.claim_timeout_seconds) < sweep.now
    return False


def _finish(call: Call, order: WorkOrderRow, *, success: bool, retryable: bool, message: str | None) -> WorkOrderLogRow:
    call.state.work_orders.purge(lambda row: row.id == order.id)
    entry = call.state.work_order_log.put(
        WorkOrderLogRow(
            id=order.id,
            work_type=order.work_type,
            created_at=order.created_at,
            claimed_at=order.claimed_at,
            completed_at=call.now,
            claimed_by=order.claimed_by,
            success=success,
            retries_attempted=order.retry_count,
            result_message=message,
            yaml_content=order.yaml_content,
        )
    )
    event = "workorder.completed" if success else "workorder.failed"
    audit.record(call, event, "work_order", order.id, None if success else {"retryable": retryable})
    data: JsonObject = {
        "work_order_log_id": entry.id,
        "work_type": entry.work_type,
        "success": success,
        "result_message": message,
        "agent_id": entry.claimed_by,
        # Not a slip: the broker writes when the order was made (contract 6.10).
        "completed_at": timestamp(entry.created_at),
    }
    hooks.emit(call, event, data)
    return entry


ROUTES = (
    Route(method="GET", template="/agents/{agent_id}/work-orders/pending", handler=pending_for_agent),
    Route(method="POST", template="/work-orders/{id}/claim", handler=claim),
    Route(method="POST", template="/work-orders/{id}/complete", handler=complete),
)
