"""Webhook subscriptions; admin only (contract 6.10)."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.model.http import Response
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.broker import audit
from brokkr_core.testing.broker.call import Call, Errand, Route
from brokkr_core.testing.broker.errors import refuse
from brokkr_core.testing.broker.hooks import EVENT_TYPES, envelope
from brokkr_core.testing.broker.records_hooks import SubscriptionRow
from brokkr_core.testing.broker.roles import require_admin
from brokkr_core.testing.broker.sources import Post, Receipt
from brokkr_core.testing.broker.webhook_body import check, check_changed, read_changes, read_new
from brokkr_core.testing.broker.wire import many, nothing, plain, timestamp

_PAGE = 50

#: Characters of a receiver's answer to a test that are told.
_BODY_SHOWN = 500


def create_webhook(call: Call) -> Response:
    """Subscribe; the URL and the auth header are never shown again."""
    new = read_new(call.request)
    require_admin(call)
    row = SubscriptionRow(id=call.new_id(), created_at=call.now, updated_at=call.now, created_by="admin", **new)
    check(row)
    call.state.subscriptions.put(row)
    details: JsonObject = {"name": row.name, "event_types": [*row.event_types]}
    audit.record(call, "webhook.created", "webhook_subscription", row.id, details)
    return Response.of_json(201, _public(row))


def list_webhooks(call: Call) -> Response:
    """Answer with all subscriptions, newest first."""
    require_admin(call)
    return Response.of_json(200, [_public(row) for row in reversed(list(call.state.subscriptions))])


def list_event_types(call: Call) -> Response:
    """Answer with the names of the events there are; subscriptions may name others."""
    require_admin(call)
    return Response.of_json(200, [*EVENT_TYPES])


def get_webhook(call: Call) -> Response:
    """Answer with one subscription."""
    require_admin(call)
    return Response.of_json(200, _public(_living(call)))


def update_webhook(call: Call) -> Response:
    """Change what is given; a null is no change, and no change at all is the database's 500 (measured)."""
    changes = read_changes(call.request)
    require_admin(call)
    row = _living(call)
    if not changes:
        raise refuse(500, "internal_error", "there is nothing to change")
    row = evolve(row, updated_at=call.now, **changes)
    check_changed(row)
    call.state.subscriptions.put(row)
    details: JsonObject = {"name": row.name, "enabled": row.enabled}
    audit.record(call, "webhook.updated", "webhook_subscription", row.id, details)
    return Response.of_json(200, _public(row))


def delete_webhook(call: Call) -> Response:
    """Unsubscribe; deliveries go with their subscription."""
    require_admin(call)
    row = _living(call)
    call.state.subscriptions.purge(lambda one: one.id == row.id)
    call.state.deliveries.purge(lambda one: one.subscription_id == row.id)
    audit.record(call, "webhook.deleted", "webhook_subscription", row.id)
    return nothing(204)


def list_deliveries(call: Call) -> Response:
    """Answer with a page of the deliveries of a subscription, newest first."""
    limit, offset = call.query_integer("limit"), call.query_integer("offset")
    status = call.request.query.get("status")
    require_admin(call)
    row = _living(call)
    rows = call.state.deliveries.where(lambda one: one.subscription_id == row.id and status in (None, one.status))
    start = max(offset or 0, 0)
    return many([*reversed(rows)][start : start + max(_PAGE if limit is None else limit, 0)])


def try_webhook(call: Call) -> Errand:
    """Let the broker itself send a ``webhook.test`` event; no agent is ever asked to."""
    require_admin(call)
    row = _living(call)
    data: JsonObject = {"subscription_id": row.id, "message": "a test of this subscription"}
    payload = envelope(call.new_id(), "webhook.test", timestamp(call.now), data)
    post = Post(
        url=row.url,
        auth_header=row.auth_header,
        event_type="webhook.test",
        delivery_id=call.new_id(),
        payload=payload,
        timeout_seconds=row.timeout_seconds,
    )
    return Errand(post=post, then=_tried)


def _tried(receipt: Receipt) -> Response:
    if not receipt.good:
        answered = receipt.status is not None
        details: Json = {"status_code": receipt.status, "body": receipt.text[:_BODY_SHOWN]} if answered else None
        raise refuse(400, "webhook_test_failed", "the receiver did not take the test event", details)
    message = "the test event was delivered"
    return Response.of_json(200, {"success": True, "status_code": receipt.status, "message": message})


def _living(call: Call) -> SubscriptionRow:
    row = call.state.subscriptions.live(call.id)
    if row is None:
        raise refuse(404, "webhook_not_found", f"no webhook {call.id}")
    return row


def _public(row: SubscriptionRow) -> JsonObject:
    return {
        "id": row.id,
        "name": row.name,
        "has_url": True,
        "has_auth_header": row.auth_header is not None,
        "event_types": [*row.event_types],
        "filters": plain(row.filters),
        "target_labels": plain(row.target_labels),
        "enabled": row.enabled,
        "max_retries": row.max_retries,
        "timeout_seconds": row.timeout_seconds,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        "created_by": row.created_by,
    }


ROUTES = (
    Route(method="POST", template="/webhooks", handler=create_webhook),
    Route(method="GET", template="/webhooks", handler=list_webhooks),
    Route(method="GET", template="/webhooks/event-types", handler=list_event_types),
    Route(method="GET", template="/webhooks/{id}", handler=get_webhook),
    Route(method="PUT", template="/webhooks/{id}", handler=update_webhook),
    Route(method="DELETE", template="/webhooks/{id}", handler=delete_webhook),
    Route(method="GET", template="/webhooks/{id}/deliveries", handler=list_deliveries),
    Route(method="POST", template="/webhooks/{id}/test", handler=try_webhook),
)
