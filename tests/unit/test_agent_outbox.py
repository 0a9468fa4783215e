"""Events wait until the broker has them, are told once, and one that can never arrive holds up no other."""

from __future__ import annotations

import threading

import pytest

from brokkr_agent.outbox import Outbox
from brokkr_core.errors import (
    BrokerAuthError,
    BrokerError,
    BrokerUnreachableError,
    BrokkrError,
    DecodeError,
    NotABrokerError,
    StoppedError,
)
from brokkr_core.model.broker import AgentEvent, NewAgentEvent


def event(revision: str = "r1", status: str = "FAILURE") -> NewAgentEvent:
    return NewAgentEvent(agent_id="a", deployment_object_id=revision, status=status)


def stored(new: NewAgentEvent) -> AgentEvent:
    return AgentEvent(
        id="e",
        agent_id=new.agent_id,
        deployment_object_id=new.deployment_object_id,
        event_type="DEPLOY",
        status=new.status,
    )


class Line:
    """Takes events, or fails as often as it is told."""

    def __init__(self, *errors: BrokkrError) -> None:
        self._errors = list(errors)
        self.taken: list[str] = []

    def __call__(self, new: NewAgentEvent) -> AgentEvent:
        if self._errors:
            raise self._errors.pop(0)
        self.taken.append(f"{new.deployment_object_id} {new.status}")
        return stored(new)


def refused(status: int, kind: type[BrokerError] = BrokerError) -> BrokerError:
    return kind(status=status, endpoint="POST /events")


def test_events_are_delivered_oldest_first_and_once() -> None:
    line = Line()
    outbox = Outbox(line)
    outbox.add(event("r1"))
    outbox.add(event("r2", "SUCCESS"))
    delivered, trouble = outbox.flush()

    assert [one.deployment_object_id for one in delivered] == ["r1", "r2"]
    assert (trouble, outbox.waiting) == ("", 0)
    assert outbox.flush() == ([], "")
    assert line.taken == ["r1 FAILURE", "r2 SUCCESS"]


def test_only_news_is_told() -> None:
    outbox = Outbox(Line())

    assert [outbox.add(event(status=status)) for status in ("FAILURE", "FAILURE", "SUCCESS", "SUCCESS", "FAILURE")] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_what_the_broker_was_told_before_a_restart_is_no_news() -> None:
    outbox = Outbox(Line())
    outbox.recall([stored(event("r1", "SUCCESS")), stored(event("r2")), stored(event("r1", "FAILURE"))])

    assert not outbox.add(event("r1", "SUCCESS"))
    assert not outbox.add(event("r2"))
    assert outbox.add(event("r1", "FAILURE"))


@pytest.mark.parametrize(
    "error",
    [
        BrokerUnreachableError("down"),
        refused(401, BrokerAuthError),
        refused(403, BrokerAuthError),
        refused(404),
        refused(408),
        refused(429),
        refused(500),
        refused(503),
        refused(200, NotABrokerError),
        StoppedError("stop"),
    ],
    ids=str,
)
def test_an_event_waits_for_better_times(error: BrokkrError) -> None:
    line = Line(error)
    outbox = Outbox(line)
    outbox.add(event("r1"))
    outbox.add(event("r2"))

    assert outbox.flush() == ([], str(error))
    assert outbox.waiting == 2
    assert outbox.flush()[1] == ""
    assert line.taken == ["r1 FAILURE", "r2 FAILURE"]


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_an_event_that_the_broker_will_never_take_holds_up_no_other(status: int) -> None:
    line = Line(refused(status))
    outbox = Outbox(line)
    outbox.add(event("r1"))
    outbox.add(event("r2"))
    delivered, trouble = outbox.flush()

    assert [one.deployment_object_id for one in delivered] == ["r2"]
    assert "r1 dropped" in trouble
    assert outbox.waiting == 0


def test_an_event_that_was_taken_with_an_odd_answer_is_not_sent_again() -> None:
    line = Line(DecodeError("AgentEvent", ["missing @ $.id"]))
    outbox = Outbox(line)
    outbox.add(event("r1"))
    outbox.add(event("r2"))
    _, trouble = outbox.flush()

    assert "r1 taken" in trouble
    assert (line.taken, outbox.waiting) == (["r2 FAILURE"], 0)


def test_two_who_flush_at_once_deliver_every_event_once() -> None:
    line = Line()
    outbox = Outbox(line)
    for number in range(50):
        outbox.add(event(f"r{number}"))
    threads = [threading.Thread(target=outbox.flush) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert line.taken == [f"r{number} FAILURE" for number in range(50)]
