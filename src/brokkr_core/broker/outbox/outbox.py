"""Results on their way to the broker: kept until the broker has them, each told once as far as anybody can know."""

from __future__ import annotations

import threading
from enum import Enum
from typing import Protocol

import attrs
from attrs import frozen

from brokkr_core.broker.credentials import hide_paks
from brokkr_core.broker.endpoints.agent_events import sendable
from brokkr_core.broker.outbox.arrived import arrived
from brokkr_core.broker.outbox.entry import Added, Entry, EntryState, Result
from brokkr_core.broker.outbox.store import OutboxStore
from brokkr_core.errors import (
    BrokerError,
    BrokkrError,
    DecodeError,
    NetworkError,
    NotABrokerError,
    OutboxError,
    StoppedError,
)
from brokkr_core.model.broker import AgentEvent, NewAgentEvent

#: The broker has read an event and will never take it (contract 5.7); any other no may come from what stands between.
REFUSED = frozenset({400, 409, 413, 422})

#: So many results wait at most, of up to 16 KiB each.
MOST_WAITING = 1000


class EventDoor(Protocol):
    """The part of a broker that an outbox talks to; ``BrokerClient.agents.events`` is one."""

    def post(self, event: NewAgentEvent) -> AgentEvent:
        """Tell the broker; returns the stored event."""

    def list(self, agent_id: str) -> tuple[AgentEvent, ...]:
        """Return what the broker has heard from an agent, newest first."""


@frozen(kw_only=True)
class Delivery:
    """What one try to deliver everything came to.

    Args:
        delivered: what the broker has now.
        set_aside: what the broker will never take, each with the reason in ``why``.
        trouble: why something still waits, or what was odd; empty when all is well.
    """

    delivered: tuple[Entry, ...] = ()
    set_aside: tuple[Entry, ...] = ()
    trouble: str = ""


class _End(Enum):
    """How the try to deliver one entry ended."""

    DELIVERED = 1
    SET_ASIDE = 2
    STUCK = 3  #: the broker failed over this one; others may get through, those of its stack have to wait
    LINE = 4  #: nothing gets through now


class Outbox:
    """Delivers results at least once, and twice only when the broker stored one after saying it had not.

    An entry is marked before it is sent. When its answer is lost, to the line or to a kill of the process, the
    broker's own list of events is asked before it is sent again. Safe to use from several threads.

    Args:
        store: keeps the entries.
        door: the broker's events.
        most: so many results wait at most; with more to come :meth:`add` says FULL.
    """

    def __init__(self, store: OutboxStore, door: EventDoor, *, most: int = MOST_WAITING) -> None:
        self._store = store
        self._door = door
        self._most = most
        self._flushing = threading.Lock()
        self._recalled: set[str] = set()
        self._newest: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many results the broker does not have yet, for all we know."""
        return self._store.open_count()

    @property
    def room(self) -> int:
        """How many results can still be added. Begin no attempt whose result could not be kept."""
        return max(0, self._most - self._store.open_count())

    def waiting(self) -> tuple[Entry, ...]:
        """Return what the broker does not have yet, for all we know, in the order of adding."""
        return self._store.open_entries()

    def aside(self) -> tuple[Entry, ...]:
        """Return what the broker will never take, each with the reason in ``why``."""
        return self._store.aside()

    def add(self, result: Result) -> Added:
        """Keep a result until the broker has it.

        Args:
            result: how an attempt ended; its message is cut to what the broker takes, and PAKs in it are hidden.

        Returns:
            Whether it is kept.

        Raises:
            UsageError: the broker could not store such an event.
            OutboxError: it could not be kept.
        """
        event = result.event
        if event.message is not None:
            # What is no Unicode, such as half of a pair of surrogates, fits neither into JSON nor into the store.
            message = event.message.encode("utf-8", "replace").decode("utf-8")
            event = attrs.evolve(event, message=hide_paks(message))
        return self._store.add(attrs.evolve(result, event=sendable(event)), most=self._most)

    def recall(self, agent_id: str) -> tuple[AgentEvent, ...]:
        """Learn what the broker has heard from an agent, and set aside what other agents left in the store.

        Args:
            agent_id: whose PAK is in use; the broker takes events of no other.

        Returns:
            What the broker has heard, newest first.

        Raises:
            BrokerError, NetworkError: the broker could not be asked.
        """
        for entry in self._store.open_entries():
            other = entry.result.event.agent_id
            if other != agent_id:
                self._store.set_aside(entry.result.attempt_id, f"left by the agent {other}, whose PAK is not in use")
        return self._heard(agent_id)

    def flush(self) -> Delivery:
        """Try to deliver everything, oldest first.

        Returns:
            What was delivered, what was set aside, and why the rest was not delivered.
        """
        delivered, set_aside, trouble = list[Entry](), list[Entry](), list[str]()
        stuck = set[str]()
        with self._flushing:
            try:
                for entry in self._store.open_entries():
                    if entry.result.stack_id in stuck:
                        continue
                    end, words = self._deliver(entry)
                    trouble += [words] if words and end is not _End.SET_ASIDE else []
                    if end is _End.DELIVERED:
                        delivered.append(entry)
                    elif end is _End.SET_ASIDE:
                        set_aside.append(attrs.evolve(entry, state=EntryState.SET_ASIDE, why=words))
                    elif end is _End.STUCK:
                        stuck.add(entry.result.stack_id)
                    else:
                        break
            except OutboxError as error:
                trouble.append(str(error))
        return Delivery(delivered=tuple(delivered), set_aside=tuple(set_aside), trouble="; ".join(trouble))

    def _heard(self, agent_id: str) -> tuple[AgentEvent, ...]:
        events = self._door.list(agent_id)
        for event in reversed(events):
            self._newest[event.deployment_object_id] = event.id
        self._recalled.add(agent_id)
        return events

    def _deliver(self, entry: Entry) -> tuple[_End, str]:
        event, attempt_id = entry.result.event, entry.result.attempt_id
        try:
            if entry.state is EntryState.SENDING or event.agent_id not in self._recalled:
                found = arrived(entry, self._heard(event.agent_id))
                if entry.state is EntryState.SENDING and found is not None:
                    self._store.delivered(attempt_id)
                    return _End.DELIVERED, ""
        except (NetworkError, BrokerError, DecodeError, StoppedError) as error:
            return _End.LINE, str(error)
        self._store.sending(attempt_id, after=self._newest.get(event.deployment_object_id, ""))
        try:
            self._newest[event.deployment_object_id] = self._door.post(event).id
        except DecodeError as error:
            # The broker has taken it and answered in a way we do not understand: never send it twice.
            self._store.delivered(attempt_id)
            self._recalled.discard(event.agent_id)  # its id is not known, so what is newest has to be asked for
            return _End.DELIVERED, f"event for {event.deployment_object_id} taken, with an odd answer: {error}"
        except (NetworkError, BrokerError, StoppedError) as error:
            return self._refused(attempt_id, error), str(error)
        self._store.delivered(attempt_id)
        return _End.DELIVERED, ""

    def _refused(self, attempt_id: str, error: BrokkrError) -> _End:
        if isinstance(error, BrokerError) and not isinstance(error, NotABrokerError) and error.status in REFUSED:
            self._store.set_aside(attempt_id, str(error))
            return _End.SET_ASIDE
        if not _in_doubt(error):
            self._store.waiting(attempt_id)
        return _End.STUCK if isinstance(error, BrokerError) and error.status == 500 else _End.LINE


def _in_doubt(error: BrokkrError) -> bool:
    """Tell whether the broker may have stored an event all the same."""
    if isinstance(error, NetworkError):
        return error.sent
    # 408 and 5xx may come from a proxy that lost the answer; a wrong page with 2xx says nothing at all.
    return isinstance(error, BrokerError) and (error.status < 300 or error.status == 408 or error.status >= 500)
