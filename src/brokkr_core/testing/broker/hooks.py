"""What the broker tells webhooks of: one delivery for each subscription that wants the event (contract 6.10)."""

from __future__ import annotations

import json

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker.call import Call
from brokkr_core.testing.broker.records_hooks import DeliveryRow, SubscriptionRow
from brokkr_core.testing.broker.wire import timestamp

EVENT_TYPES = (
    "agent.registered",
    "agent.deregistered",
    "stack.created",
    "stack.deleted",
    "deployment.created",
    "deployment.applied",
    "deployment.failed",
    "deployment.deleted",
    "workorder.created",
    "workorder.claimed",
    "workorder.completed",
    "workorder.failed",
)


def emit(call: Call, event_type: str, data: JsonObject) -> None:
    """Put an event into the queue of everybody who subscribed to it.

    Args:
        call: what happened.
        event_type: one of the known names.
        data: the members of the event, by which subscriptions filter.
    """
    wanted = call.state.subscriptions.where(lambda row: row.enabled and _wants(row, event_type, data))
    if not wanted:
        return
    event_id = call.new_id()
    payload = envelope(event_id, event_type, timestamp(call.now), data)
    for subscription in wanted:
        call.state.deliveries.put(
            DeliveryRow(
                id=call.new_id(),
                subscription_id=subscription.id,
                event_type=event_type,
                event_id=event_id,
                payload=payload,
                target_labels=subscription.target_labels,
                created_at=call.now,
            )
        )


def envelope(event_id: str, event_type: str, moment: str, data: JsonObject) -> str:
    """Write an event as it is delivered."""
    event: JsonObject = {"id": event_id, "event_type": event_type, "timestamp": moment, "data": data}
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def matches(pattern: str, event_type: str) -> bool:
    """Whether a pattern covers an event type: the name itself, ``*``, or ``prefix.*``."""
    if pattern in ("*", event_type):
        return True
    return pattern.endswith(".*") and event_type.startswith(pattern[:-1])


def _wants(row: SubscriptionRow, event_type: str, data: JsonObject) -> bool:
    if not any(matches(pattern, event_type) for pattern in row.event_types):
        return False
    return all(data.get(name) == value for name, value in (row.filters or {}).items())
