"""What the tests of the outbox share: results, and a broker that stores events and fails as it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from brokkr_core.broker.outbox import Outbox, OutboxStore, Result, SqliteOutbox
from brokkr_core.errors import BrokerError, BrokerUnreachableError, BrokkrError, DecodeError
from brokkr_core.model.broker import AgentEvent, NewAgentEvent

AGENT = "a1"


#: The class below has a method of the name ``list``.
Words: TypeAlias = list[str]


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


def result(number: int | str, stack: str = "s1", *, status: str = "FAILURE", message: str | None = None) -> Result:
    """Make the result of attempt ``number`` at the one revision of a stack."""
    event = NewAgentEvent(agent_id=AGENT, deployment_object_id=f"{stack}-r", status=status, message=message)
    return Result(attempt_id=f"attempt-{number}", stack_id=stack, event=event)


def said(event: NewAgentEvent | AgentEvent) -> str:
    return f"{event.deployment_object_id} {event.status} {event.message}"


#: What becomes of one post: None is well, ``before`` and ``after`` say when in relation to storing the error comes.
Fault = tuple[str, BaseException]

WELL: Fault | None = None
UNSENT: Fault = ("before", BrokerUnreachableError("no connection", sent=False))
LOST: Fault = ("after", BrokerUnreachableError("the answer was lost", sent=True))
CUT: Fault = ("before", BrokerUnreachableError("the request was lost", sent=True))
ODD: Fault = ("after", DecodeError("AgentEvent", ["missing @ $.id"]))


def refused(status: int, when: str = "before") -> Fault:
    return when, BrokerError(status=status, endpoint="POST /events")


class FakeDoor:
    """A broker's events: stores what is posted, unless the next fault says otherwise."""

    def __init__(self, *faults: Fault | None) -> None:
        self.faults = list(faults)
        self.events: list[AgentEvent] = []
        self.list_fault: BrokkrError | None = None
        self.posts = 0
        self.lists = 0
        self.judge: Callable[[NewAgentEvent], Fault | None] = lambda _event: None

    def post(self, event: NewAgentEvent) -> AgentEvent:
        self.posts += 1
        fault = self.judge(event) or (self.faults.pop(0) if self.faults else WELL)
        if fault is not None and fault[0] == "before":
            raise fault[1]
        stored = AgentEvent(
            id=f"e{len(self.events)}",
            agent_id=event.agent_id,
            deployment_object_id=event.deployment_object_id,
            event_type=event.event_type,
            status=event.status,
            message=event.message,
        )
        self.events.append(stored)
        if fault is not None:
            raise fault[1]
        return stored

    def list(self, agent_id: str) -> tuple[AgentEvent, ...]:
        self.lists += 1
        if self.list_fault is not None:
            raise self.list_fault
        return tuple(event for event in reversed(self.events) if event.agent_id == agent_id)

    @property
    def heard(self) -> Words:
        return [said(event) for event in self.events]


def outbox_of(door: FakeDoor, store: OutboxStore | None = None, *, most: int = 1000) -> Outbox:
    return Outbox(store or SqliteOutbox(), door, most=most)
