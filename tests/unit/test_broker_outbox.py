"""Results wait until the broker has them, are told once, and one that can never arrive holds up no other."""

from __future__ import annotations

import threading

import pytest

from broker_support import PAK
from brokkr_core.broker.outbox import Added, Entry, EntryState, SqliteOutbox
from brokkr_core.broker.outbox.arrived import arrived
from brokkr_core.errors import (
    BrokerAuthError,
    BrokerError,
    BrokerUnreachableError,
    BrokkrError,
    NotABrokerError,
    StoppedError,
    UsageError,
)
from brokkr_core.model.broker import AgentEvent
from outbox_support import AGENT, CUT, LOST, ODD, UNSENT, FakeDoor, Fault, outbox_of, refused, result


def no(status: int, kind: type[BrokerError] = BrokerError) -> BrokerError:
    return kind(status=status, endpoint="POST /events")


def attempts(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.result.attempt_id for entry in entries]


def test_results_are_delivered_oldest_first_and_once() -> None:
    door = FakeDoor()
    outbox = outbox_of(door)
    outbox.add(result(1))
    outbox.add(result(2, "s2", status="SUCCESS"))
    delivery = outbox.flush()

    assert attempts(delivery.delivered) == ["attempt-1", "attempt-2"]
    assert (delivery.trouble, outbox.count, outbox.flush().delivered) == ("", 0, ())
    assert door.heard == ["s1-r FAILURE None", "s2-r SUCCESS None"]


def test_an_attempt_has_one_result_the_first() -> None:
    door = FakeDoor()
    outbox = outbox_of(door)

    assert [outbox.add(result(1, status=status)) for status in ("FAILURE", "SUCCESS")] == [Added.NEW, Added.KNOWN]
    outbox.flush()
    assert outbox.add(result(1, status="SUCCESS")) is Added.KNOWN, "also when it was delivered long ago"
    outbox.flush()
    assert door.heard == ["s1-r FAILURE None"]


def test_a_full_outbox_says_so_and_drops_nothing() -> None:
    door = FakeDoor()
    outbox = outbox_of(door, most=2)

    assert [outbox.add(result(number)) for number in range(3)] == [Added.NEW, Added.NEW, Added.FULL]
    assert (outbox.room, outbox.count) == (0, 2)
    assert attempts(outbox.flush().delivered) == ["attempt-0", "attempt-1"]
    assert outbox.add(result(2)) is Added.NEW


@pytest.mark.parametrize(
    "error",
    [
        BrokerUnreachableError("down", sent=False),
        BrokerUnreachableError("down", sent=True),
        no(401, BrokerAuthError),
        no(403, BrokerAuthError),
        no(404),
        no(408),
        no(429),
        no(502),
        no(503),
        no(200, NotABrokerError),
        StoppedError("stop"),
    ],
    ids=str,
)
def test_everything_waits_for_better_times(error: BrokkrError) -> None:
    door = FakeDoor(("before", error))
    outbox = outbox_of(door)
    outbox.add(result(1))
    outbox.add(result(2, "s2"))

    delivery = outbox.flush()
    assert (delivery.delivered, delivery.trouble, door.posts) == ((), str(error), 1)
    assert outbox.count == 2
    assert outbox.flush().trouble == ""
    assert door.heard == ["s1-r FAILURE None", "s2-r FAILURE None"]


def test_a_500_over_one_holds_up_its_stack_and_no_other() -> None:
    door = FakeDoor(refused(500))
    outbox = outbox_of(door)
    outbox.add(result(1))
    outbox.add(result(2, status="SUCCESS"))
    outbox.add(result(3, "s2"))
    delivery = outbox.flush()

    assert attempts(delivery.delivered) == ["attempt-3"]
    assert "500" in delivery.trouble
    outbox.flush()
    assert door.heard == ["s2-r FAILURE None", "s1-r FAILURE None", "s1-r SUCCESS None"]


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_what_the_broker_will_never_take_is_set_aside_and_can_be_looked_at(status: int) -> None:
    outbox = outbox_of(FakeDoor(refused(status)))
    outbox.add(result(1, message="why"))
    outbox.add(result(2))
    delivery = outbox.flush()

    assert (attempts(delivery.delivered), attempts(delivery.set_aside)) == (["attempt-2"], ["attempt-1"])
    assert delivery.trouble == ""
    (poison,) = outbox.aside()
    assert (poison.state, poison.result.event.message, str(status) in poison.why) == (EntryState.SET_ASIDE, "why", True)
    assert outbox.count == 0
    assert outbox.add(result(1)) is Added.KNOWN


@pytest.mark.parametrize("fault", [LOST, refused(500, "after"), refused(502, "after"), refused(408, "after")])
def test_a_lost_answer_is_looked_for_before_anything_is_sent_again(fault: Fault) -> None:
    door = FakeDoor(fault)
    outbox = outbox_of(door)
    outbox.add(result(1))
    assert outbox.flush().delivered == ()

    assert attempts(outbox.flush().delivered) == ["attempt-1"]
    assert (door.posts, door.heard) == (1, ["s1-r FAILURE None"])


def test_what_did_not_arrive_is_sent_again_even_if_the_broker_heard_the_same_words_before() -> None:
    door = FakeDoor(None, CUT)
    outbox = outbox_of(door)
    outbox.add(result(1))
    outbox.add(result(2))
    outbox.flush()
    assert door.heard == ["s1-r FAILURE None"]

    outbox.flush()
    assert door.heard == ["s1-r FAILURE None"] * 2


def test_what_certainly_was_not_sent_is_sent_without_asking() -> None:
    door = FakeDoor(UNSENT, refused(429), None)
    outbox = outbox_of(door)
    outbox.add(result(1))
    for _ in range(3):
        outbox.flush()

    assert (door.posts, door.lists) == (3, 1), "the list is read once, to know what the broker had before"


def test_while_the_list_cannot_be_read_nothing_in_doubt_is_sent() -> None:
    door = FakeDoor(LOST)
    outbox = outbox_of(door)
    outbox.add(result(1))
    outbox.flush()
    door.list_fault = BrokerUnreachableError("down")

    assert outbox.flush().trouble == "down"
    assert door.posts == 1


def test_a_result_that_was_taken_with_an_odd_answer_is_not_sent_again() -> None:
    door = FakeDoor(ODD)
    outbox = outbox_of(door)
    outbox.add(result(1))
    delivery = outbox.flush()

    assert attempts(delivery.delivered) == ["attempt-1"]
    assert "taken, with an odd answer" in delivery.trouble
    assert outbox.flush().delivered == ()
    assert door.posts == 1


def test_after_an_odd_answer_the_same_words_of_the_next_attempt_are_not_mistaken_for_it() -> None:
    door = FakeDoor(ODD, CUT)
    outbox = outbox_of(door)
    outbox.add(result(1))
    outbox.add(result(2))
    for _ in range(2):
        outbox.flush()

    assert door.heard == ["s1-r FAILURE None"] * 2


def test_what_another_agent_left_is_set_aside_with_its_name() -> None:
    door = FakeDoor()
    outbox = outbox_of(door)
    outbox.add(result(1))
    outbox.recall("a2")

    assert "left by the agent a1" in outbox.aside()[0].why
    assert outbox.flush().delivered == ()


def test_recalling_tells_what_the_broker_heard_newest_first() -> None:
    door = FakeDoor()
    outbox = outbox_of(door)
    for number in (1, 2):
        outbox.add(result(number, message=f"m{number}"))
    outbox.flush()

    assert [event.message for event in outbox.recall(AGENT)] == ["m2", "m1"]


def test_an_event_the_broker_could_not_store_is_refused_before_it_is_kept() -> None:
    outbox = outbox_of(FakeDoor())

    with pytest.raises(UsageError, match="IN_PROGRESS"):
        outbox.add(result(1, status="IN_PROGRESS"))
    assert outbox.count == 0


def test_a_pak_in_a_message_is_neither_kept_nor_told() -> None:
    door = FakeDoor(UNSENT)
    store = SqliteOutbox()
    outbox = outbox_of(door, store)
    outbox.add(result(1, message=f"login with {PAK} failed"))
    outbox.flush()
    kept = store.open_entries()[0].result.event.message
    outbox.flush()

    secret = PAK.rpartition("_")[2]
    assert kept is not None
    assert secret not in kept
    assert secret not in door.heard[0]


def test_a_message_of_any_text_and_length_is_kept_as_it_will_be_told() -> None:
    door = FakeDoor(LOST)
    outbox = outbox_of(door)
    outbox.add(result(1, message="\ud800\x00" + "ä" * 20_000))
    for _ in range(2):
        outbox.flush()

    assert len(door.events) == 1
    assert outbox.count == 0


def test_two_who_flush_at_once_deliver_every_result_once() -> None:
    door = FakeDoor()
    outbox = outbox_of(door)
    for number in range(50):
        outbox.add(result(number, message=str(number)))
    threads = [threading.Thread(target=outbox.flush) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert door.heard == [f"s1-r FAILURE {number}" for number in range(50)]


def test_adding_does_not_wait_for_a_delivery_under_way() -> None:
    sending, go_on = threading.Event(), threading.Event()

    class SlowDoor(FakeDoor):
        def list(self, agent_id: str) -> tuple[AgentEvent, ...]:
            sending.set()
            assert go_on.wait(10.0)
            return super().list(agent_id)

    outbox = outbox_of(SlowDoor())
    outbox.add(result(1))
    thread = threading.Thread(target=outbox.flush)
    thread.start()
    assert sending.wait(10.0)
    assert outbox.add(result(2)) is Added.NEW
    go_on.set()
    thread.join(10.0)


@pytest.mark.parametrize(
    ("after", "events", "found"),
    [
        ("", [], None),
        ("", ["e1 s1-r FAILURE m"], "e1"),
        ("e1", ["e1 s1-r FAILURE m"], None),
        ("e1", ["e2 s1-r FAILURE m", "e1 s1-r FAILURE m"], "e2"),
        ("e1", ["e2 s1-r SUCCESS m", "e1 s1-r FAILURE m"], None),
        ("e1", ["e2 s1-r FAILURE other", "e1 s1-r SUCCESS m"], None),
        ("e1", ["e2 s2-r FAILURE m", "e1 s1-r SUCCESS m"], None),
        ("gone", ["e2 s1-r FAILURE m"], "e2"),
    ],
)
def test_the_table_of_what_counts_as_arrived(after: str, events: list[str], found: str | None) -> None:
    entry = Entry(result=result(1, message="m"), state=EntryState.SENDING, after=after)
    listed = [
        AgentEvent(id=id_, agent_id=AGENT, deployment_object_id=object_, event_type="DEPLOY", status=status, message=m)
        for id_, object_, status, m in (line.split() for line in events)
    ]

    event = arrived(entry, listed)
    assert (event.id if event else None) == found
