"""How attempts ended, told to the broker: only what is news, and kept until the broker has it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from uuid import uuid4

import structlog

from brokkr_agent.verdicts import Attempt
from brokkr_core.broker.outbox import Added, EventDoor, Outbox, OutboxStore, Result
from brokkr_core.errors import OutboxError
from brokkr_core.model.broker import DeploymentObject

_log = structlog.get_logger("agent")


class Reports:
    """Tells the first failure of a revision, and its success; the same again is no news.

    After a restart the broker's own list of events, and what still waits in the outbox, say what was told.

    Args:
        store: keeps what the broker does not have yet.
        events: the broker's events.
    """

    def __init__(self, store: OutboxStore, events: EventDoor) -> None:
        self._outbox = Outbox(store, events)
        self._lock = threading.Lock()
        self._told: dict[str, str] = {}

    @property
    def waiting(self) -> int:
        """How many results the broker does not have yet."""
        return self._outbox.count

    def recall(self, agent_id: str) -> None:
        """Learn what was told before, and name what can never be told.

        Raises:
            BrokerError, NetworkError: the broker could not be asked.
        """
        told = {event.deployment_object_id: event.status for event in reversed(self._outbox.recall(agent_id))}
        for entry in self._outbox.waiting():
            told[entry.result.event.deployment_object_id] = entry.result.event.status
        with self._lock:
            self._told = told
        for entry in self._outbox.aside():
            event = entry.result.event
            _log.warning(
                "event is set aside",
                deployment_object_id=event.deployment_object_id,
                status=event.status,
                why=entry.why,
            )

    def tellable(self, due: Sequence[DeploymentObject], *, busy: int) -> Sequence[DeploymentObject]:
        """Choose as many revisions as there is room for results: what cannot be told must not be done either.

        Args:
            due: what is to be worked on, the most urgent first.
            busy: how many attempts are under way.

        Returns:
            What may be begun; what is left over is still due at the next poll.
        """
        room = max(0, self._outbox.room - busy)
        if len(due) > room:
            _log.warning("too many events wait for the broker", waiting=self.waiting, due=len(due), begun=room)
        return due[:room]

    def tell(self, attempt: Attempt, agent_id: str) -> None:
        """Keep how an attempt ended, if that is news, and try to deliver it; raises nothing but bugs."""
        event = attempt.event(agent_id)
        result = Result(attempt_id=str(uuid4()), stack_id=attempt.revision.stack_id, event=event)
        log = _log.bind(deployment_object_id=event.deployment_object_id, status=event.status)
        with self._lock:
            if self._told.get(event.deployment_object_id) == event.status:
                return
            try:
                added = self._outbox.add(result)
            except OutboxError as error:
                log.error("event not kept; the next attempt will be told", error=str(error))
                return
            if added is Added.FULL:
                log.error("event not kept, the outbox is full; the next attempt will be told")
                return
            self._told[event.deployment_object_id] = event.status
        self.deliver()

    def deliver(self) -> None:
        """Try to deliver what waits."""
        delivery = self._outbox.flush()
        for entry in delivery.delivered:
            event = entry.result.event
            _log.info("event delivered", deployment_object_id=event.deployment_object_id, status=event.status)
        for entry in delivery.set_aside:
            event = entry.result.event
            _log.error(
                "event is set aside",
                deployment_object_id=event.deployment_object_id,
                status=event.status,
                why=entry.why,
            )
        if delivery.trouble:
            _log.warning("events not delivered", error=delivery.trouble)
