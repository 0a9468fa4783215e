"""The stream of progress: what a listener hears, after it was cut off as well, and how it is read again."""

from __future__ import annotations

import json
from contextlib import closing
from functools import partial
from itertools import islice

from brokkr_agent.deployments.feed import IDLE, feed
from brokkr_agent.deployments.ring import Ring
from brokkr_agent.remote import ServerSentEvent, read_events
from brokkr_core.model.json import JsonObject


def named(stack_id: str) -> JsonObject:
    return {"stack_id": stack_id}


def ring_with(*stacks: str, most: int = 10) -> Ring:
    ring = Ring(most)
    for stack_id in stacks:
        ring.tell("progress", stack_id, partial(named, stack_id))
    return ring


def heard(ring: Ring, count: int, *, last_id: str = "", stack_id: str = "") -> list[ServerSentEvent]:
    """Read a stream piece by piece, as if the line were cut after some of them."""
    with closing(feed(ring, last_id=last_id, stack_id=stack_id).pieces) as pieces:
        text = b"".join(islice(pieces, count)).decode()
    return list(read_events(text.splitlines(keepends=True)))


def test_whoever_begins_hears_what_comes_and_not_what_was() -> None:
    ring = ring_with("old")
    with closing(feed(ring, last_id="").pieces) as pieces:
        assert next(pieces) == b"retry: 2000\n\n"
        ring.tell("progress", "new", lambda: {"stack_id": "new"})
        told = next(pieces)

    assert told == f'event: progress\nid: {ring.name}-2\ndata: {{"stack_id": "new"}}\n\n'.encode()


def test_whoever_comes_back_hears_what_was_missed_and_nothing_twice() -> None:
    ring = ring_with("a", "b", "c")

    events = heard(ring, 2, last_id=ring.identify(1))
    assert [(one.identity, json.loads(one.data)["stack_id"]) for one in events] == [
        (f"{ring.name}-2", "b"),
        (f"{ring.name}-3", "c"),
    ]
    assert [json.loads(one.data)["stack_id"] for one in heard(ring, 2, last_id=ring.identify(0), stack_id="b")] == ["b"]


def test_what_is_not_known_any_more_is_told_as_a_gap() -> None:
    ring = ring_with("a", "b", "c", "d", most=2)
    for last_id in (ring.identify(1), ring.identify(99), "another-2", "nonsense", f"{ring.name}-\u00b2"):
        (gap,) = heard(ring, 2, last_id=last_id)
        assert (gap.kind, gap.identity, json.loads(gap.data)) == ("gap", ring.identify(4), {"after": last_id})

    assert [one.kind for one in heard(ring, 2, last_id=ring.identify(2))] == ["progress", "progress"]


def test_a_stream_without_news_goes_on_in_empty_pieces_and_ends_with_the_ring() -> None:
    ring = ring_with()
    with closing(feed(ring, last_id="").pieces) as pieces:
        next(pieces)
        assert next(pieces) == b""
        ring.close()
        assert list(pieces) == []


def test_what_was_told_before_the_end_is_heard_to_the_last() -> None:
    ring = ring_with(*(str(number) for number in range(250)), most=300)
    ring.close()

    numbers = [one.identity for one in heard(ring, 1000, last_id=ring.identify(0))]
    assert numbers == [ring.identify(number) for number in range(1, 251)]
    assert [one.kind for one in heard(ring, 1000, last_id="another-1")] == ["gap"]


def test_events_are_read_as_they_were_written_and_what_is_broken_off_is_dropped() -> None:
    text = "retry: 5\n\n: idle\n\nevent: a\nid: 1\ndata: x\ndata:y\n\ndata: z\r\n\r\nid: 2\n\nevent: b\ndata: cut off"

    assert list(read_events(text.splitlines(keepends=True))) == [
        ServerSentEvent(kind="a", identity="1", data="x\ny"),
        ServerSentEvent(kind="message", identity="1", data="z"),
    ]
    assert list(read_events(IDLE.decode().splitlines())) == []
