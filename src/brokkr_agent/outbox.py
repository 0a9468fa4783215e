"""Terminal events on their way to the broker: kept until the broker has taken them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from brokkr_core.errors import BrokerError, DecodeError, NetworkError, NotABrokerError, StoppedError
from brokkr_core.model.broker import AgentEvent, NewAgentEvent

#: The broker has read an event and will never take it (contract 5.7); any other no may come from what stands between.
REFUSED = frozenset({400, 409, 413, 422})


class Outbox:
    """Events that still have to be delivered, and the last status the broker has of every object.

    An event is posted only when it tells something new: the first failure of a revision, and its success. It is kept
    in memory; after a restart the broker's own list of events says what it has.

    Args:
        post: delivers one event.
    """

    def __init__(self, post: Callable[[NewAgentEvent], AgentEvent]) -> None:
        self._post = post
        self._lock = threading.Lock()
        self._waiting: list[NewAgentEvent] = []
        self._told: dict[str, str] = {}

    @property
    def waiting(self) -> int:
        """How many events the broker does not have yet."""
        return len(self._waiting)

    def recall(self, events: list[AgentEvent]) -> None:
        """Learn from the broker what it was told before; events come newest first (contract 5.7)."""
        with self._lock:
            for event in reversed(events):
                self._told[event.deployment_object_id] = event.status

    def add(self, event: NewAgentEvent) -> bool:
        """Queue an event unless the broker knows that status of that object already; tell whether it was new."""
        with self._lock:
            if self._told.get(event.deployment_object_id) == event.status:
                return False
            self._told[event.deployment_object_id] = event.status
            self._waiting.append(event)
            return True

    def flush(self) -> tuple[list[NewAgentEvent], str]:
        """Try to deliver everything, oldest first.

        Returns:
            What was delivered, and why the rest was not, or the empty text. An event that the broker refuses for its
            content is dropped: it would be refused for ever and hold up the others.
        """
        delivered: list[NewAgentEvent] = []
        trouble: list[str] = []
        with self._lock:
            while self._waiting:
                event = self._waiting[0]
                try:
                    self._post(event)
                    delivered.append(event)
                except (NetworkError, StoppedError) as error:
                    return delivered, str(error)
                except BrokerError as error:
                    if isinstance(error, NotABrokerError) or error.status not in REFUSED:
                        return delivered, str(error)
                    trouble.append(f"event for {event.deployment_object_id} dropped: {error}")
                except DecodeError as error:
                    # The broker has taken it and answered in a way we do not understand: never send it twice.
                    trouble.append(f"event for {event.deployment_object_id} taken, with an odd answer: {error}")
                self._waiting.pop(0)
        return delivered, "; ".join(trouble)
