"""Work orders as operators see them: create, list, read, delete, and the log (contract 6.8)."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker import audit, hooks
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import Fields, object_body
from brokkr_core.testing.broker.errors import foreign_key_violation, refuse
from brokkr_core.testing.broker.records_work import WorkOrderLogRow, WorkOrderRow
from brokkr_core.testing.broker.roles import require_admin
from brokkr_core.testing.broker.stack_labels import is_label
from brokkr_core.testing.broker.wire import many, nothing, one, row_json, timestamp


@frozen(kw_only=True)
class Numbers:
    """The three numbers of a work order, each with its default (contract 4.7)."""

    max_retries: int
    backoff_seconds: int
    claim_timeout_seconds: int


@frozen(kw_only=True)
class Targeting:
    """Whom a work order is for: any of these is enough."""

    agents: tuple[str, ...]
    labels: tuple[str, ...]
    annotations: tuple[tuple[str, str], ...]


def create_work_order(call: Call) -> Response:
    """Put up a work order for agents, labels or annotations."""
    body = object_body(call.request)
    work_type, yaml_content = body.text("work_type"), body.text("yaml_content")
    numbers, targeting = _numbers(body), _targeting(body)
    require_admin(call)
    _check(work_type, yaml_content, numbers, targeting)
    if not all(call.state.agents.exists(agent_id) for agent_id in targeting.agents):
        raise foreign_key_violation("work_order_targets_agent_id")
    order = call.state.work_orders.put(
        WorkOrderRow(
            id=call.new_id(),
            created_at=call.now,
            updated_at=call.now,
            work_type=work_type,
            yaml_content=yaml_content,
            claim_timeout_seconds=numbers.claim_timeout_seconds,
            max_retries=numbers.max_retries,
            backoff_seconds=numbers.backoff_seconds,
            for_agents=targeting.agents,
            for_labels=tuple(filter(is_label, targeting.labels)),
            for_annotations=tuple(pair for pair in targeting.annotations if all(map(is_label, pair))),
        )
    )
    audit.record(call, "workorder.created", "work_order", order.id, {"work_type": work_type})
    data: JsonObject = {
        "work_order_id": order.id,
        "work_type": work_type,
        "status": order.status,
        "created_at": timestamp(call.now),
    }
    hooks.emit(call, "workorder.created", data)
    for agent_id in targeting.agents:
        call.board.push(agent_id, "work_order", order)
    return one(201, order)


def list_work_orders(call: Call) -> Response:
    """Answer with the orders that are not finished, newest first."""
    require_admin(call)
    status, work_type = call.request.query.get("status"), call.request.query.get("work_type")
    rows = call.state.work_orders.where(lambda row: status in (None, row.status) and work_type in (None, row.work_type))
    return many(reversed(rows))


def get_work_order(call: Call) -> Response:
    """Answer with one order; a finished one is put together from the log, its numbers lost (contract 4.7)."""
    require_admin(call)
    order = call.state.work_orders.live(call.id)
    if order is not None:
        return one(200, order)
    entry = call.state.work_order_log.live(call.id)
    if entry is None:
        raise work_order_not_found(call.id)
    return Response.of_json(200, _from_log(entry))


def delete_work_order(call: Call) -> Response:
    """Take an order back, also a claimed one; its agent then gets 404 on completion."""
    require_admin(call)
    if not call.state.work_orders.purge(lambda row: row.id == call.id):
        raise work_order_not_found(call.id)
    return nothing(204)


def list_log(call: Call) -> Response:
    """Answer with finished orders, the one that ended last first."""
    success, agent_id, limit = call.query_boolean("success"), call.query_uuid("agent_id"), call.query_integer("limit")
    work_type = call.request.query.get("work_type")
    require_admin(call)
    rows = call.state.work_order_log.where(
        lambda row: (
            success in (None, row.success) and agent_id in (None, row.claimed_by) and work_type in (None, row.work_type)
        )
    )
    return many(rows[::-1][: None if limit is None else max(limit, 0)])


def get_log_entry(call: Call) -> Response:
    """Answer with one finished order."""
    require_admin(call)
    entry = call.state.work_order_log.live(call.id)
    if entry is None:
        raise refuse(404, "work_order_log_entry_not_found", f"no finished work order {call.id}")
    return one(200, entry)


def work_order_not_found(order_id: str) -> Exception:
    """Make the refusal of an order that is unknown or finished."""
    return refuse(404, "work_order_not_found", f"no work order {order_id}")


def _numbers(body: Fields) -> Numbers:
    retries, backoff = body.optional_int32("max_retries"), body.optional_int32("backoff_seconds")
    timeout = body.optional_int32("claim_timeout_seconds")
    return Numbers(
        max_retries=3 if retries is None else retries,
        backoff_seconds=60 if backoff is None else backoff,
        claim_timeout_seconds=3600 if timeout is None else timeout,
    )


def _targeting(body: Fields) -> Targeting:
    agents = body.optional_uuids("target_agent_ids") or []
    inner = body.optional_object("targeting")
    if inner is None:
        return Targeting(agents=tuple(agents), labels=(), annotations=())
    agents += inner.optional_uuids("agent_ids") or []
    pairs = inner.optional_text_map("annotations") or {}
    labels = tuple(inner.optional_texts("labels") or ())
    return Targeting(agents=tuple(dict.fromkeys(agents)), labels=labels, annotations=tuple(pairs.items()))


def _check(work_type: str, yaml_content: str, numbers: Numbers, targeting: Targeting) -> None:
    if not (targeting.agents or targeting.labels or targeting.annotations):
        raise refuse(400, "no_targeting_specified", "name agents, labels or annotations")
    if not work_type.strip() or not yaml_content.strip():
        raise refuse(400, "invalid_work_order", "work_type and yaml_content must not be blank")
    if numbers.max_retries < 0 or numbers.backoff_seconds <= 0 or numbers.claim_timeout_seconds <= 0:
        raise refuse(400, "invalid_work_order", "retries must not be negative, times must be above 0")


def _from_log(entry: WorkOrderLogRow) -> JsonObject:
    order = WorkOrderRow(
        id=entry.id,
        created_at=entry.created_at,
        updated_at=entry.completed_at,
        work_type=entry.work_type,
        yaml_content=entry.yaml_content,
        status="COMPLETED" if entry.success else "FAILED",
        claimed_by=entry.claimed_by,
        claimed_at=entry.claimed_at,
        claim_timeout_seconds=0,
        max_retries=0,
        retry_count=entry.retries_attempted,
        backoff_seconds=0,
        last_error=None if entry.success else entry.result_message,
        last_error_at=None if entry.success else entry.completed_at,
    )
    return row_json(order)


ROUTES = (
    Route(method="POST", template="/work-orders", handler=create_work_order),
    Route(method="GET", template="/work-orders", handler=list_work_orders),
    Route(method="GET", template="/work-orders/{id}", handler=get_work_order),
    Route(method="DELETE", template="/work-orders/{id}", handler=delete_work_order),
    Route(method="GET", template="/work-order-log", handler=list_log),
    Route(method="GET", template="/work-order-log/{id}", handler=get_log_entry),
)
