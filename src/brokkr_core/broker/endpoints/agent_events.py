"""What became of a deployment object: one terminal event per attempt (contract 5.7)."""

from __future__ import annotations

import attrs

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.ask import ask
from brokkr_core.broker.operations import Caller
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import AgentEvent, NewAgentEvent

#: Anything but SUCCESS counts as a failure, and more than 10 characters give 500 (contract 5.7).
STATUSES = frozenset({"SUCCESS", "FAILURE"})
#: The column of the broker is this wide (contract 4.4).
EVENT_TYPE_LIMIT = 50
#: Ours: far below the 2 MiB of a request, even when JSON writes each byte as six.
MESSAGE_LIMIT_BYTES = 16 * 1024


class AgentEvents:
    """The events of agents."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def post(self, event: NewAgentEvent) -> AgentEvent:
        """Tell how an attempt ended. There is no idempotency key: posting twice makes two events.

        Args:
            event: ``status`` SUCCESS or FAILURE; a message over 16 KiB is cut.

        Returns:
            The stored event.

        Raises:
            UsageError: the status or the type is one that the broker cannot store.
            BrokerError: 422 ``foreign_key_violation`` when the broker does not know the object.
            BrokerUnreachableError: with ``sent`` true the event may be stored.
        """
        body = sendable(event)
        return ask(self._caller, operations.AGENT_EVENT_POST, AgentEvent, body=body, agent_id=event.agent_id)

    def list(self, agent_id: str) -> tuple[AgentEvent, ...]:
        """List an agent's events.

        Args:
            agent_id: which agent.

        Returns:
            All events the broker still has (30 days by default), newest first.
        """
        return ask(self._caller, operations.AGENT_EVENTS, tuple[AgentEvent, ...], agent_id=agent_id)


def sendable(event: NewAgentEvent) -> NewAgentEvent:
    """Check an event and cut its message to what the broker can store.

    Args:
        event: what is to be told.

    Returns:
        The event with a message of at most 16 KiB and without NUL, which the database cannot hold.

    Raises:
        UsageError: the status or the type is one that the broker cannot store.
    """
    if event.status not in STATUSES:
        problem = f"event status {event.status[:40]!r}: the broker knows {' and '.join(sorted(STATUSES))} only"
        raise UsageError(f"{problem}; there is no way to report progress (contract 5.7)")
    if not 0 < len(event.event_type) <= EVENT_TYPE_LIMIT:
        raise UsageError(f"event type {event.event_type[:60]!r}: takes 1 to {EVENT_TYPE_LIMIT} characters")
    if event.message is None:
        return event
    return attrs.evolve(event, message=cut_to_bytes(event.message.replace("\x00", "�"), MESSAGE_LIMIT_BYTES))


def cut_to_bytes(text: str, limit: int) -> str:
    """Shorten text so that its UTF-8 form fits, without tearing a character apart.

    Args:
        text: any text.
        limit: how many bytes it may have.

    Returns:
        The text, or its beginning with a note of how much was cut.
    """
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return text
    note = f"… [{len(encoded) - limit} bytes over the limit of {limit} and cut]"
    kept = encoded[: limit - len(note.encode())].decode("utf-8", "ignore")
    return kept + note
