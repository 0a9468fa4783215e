"""Whether an event whose answer was lost has reached the broker: a pure comparison with the broker's own list."""

from __future__ import annotations

from collections.abc import Iterable

from brokkr_core.broker.outbox.entry import Entry
from brokkr_core.model.broker import AgentEvent


def arrived(entry: Entry, events: Iterable[AgentEvent]) -> AgentEvent | None:
    """Look for an entry among the events of its agent.

    There is no idempotency key (contract 5.7), so the same words about the same object are taken for the event, if
    they are newer than anything the broker had of that object before the entry was sent.

    Args:
        entry: what was sent, perhaps.
        events: all events of the agent, newest first.

    Returns:
        The event, or None when the broker does not have it.
    """
    sent = entry.result.event
    for event in events:
        if event.deployment_object_id != sent.deployment_object_id:
            continue
        if event.id == entry.after:
            return None
        if (event.event_type, event.status, event.message) == (sent.event_type, sent.status, sent.message):
            return event
    return None
