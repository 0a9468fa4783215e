"""What waits to be sent: bounded, control first, and every lost line counted."""

from __future__ import annotations

import json
import threading

import pytest
from attrs import evolve

from broker_support import AGENT, OBJECT, OTHER, STACK
from brokkr_core.broker.channel import ChannelLimits
from brokkr_core.broker.channel.lanes import Gaps, Lane, Parcel, Queue
from brokkr_core.broker.channel.outgoing import Packer
from brokkr_core.broker.channel.waiting import Waiting
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import HeartbeatReport, NewAgentEvent, ObjectHealth
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.stream import GapReason, LogGap
from channel_support import K8S_EVENT, NOW, log_line, types_of

EVENT = NewAgentEvent(agent_id=AGENT, deployment_object_id=OBJECT, status="SUCCESS")


def parcel(text: str, key: str = "") -> Parcel:
    return Parcel(text=text, size=len(text), lane=Lane.CONTROL, key=key)


def waiting(up: bool = True, **limits: int) -> Waiting:
    bounds = evolve(ChannelLimits(), **limits)
    made = Waiting(Packer(agent_id=AGENT, frame_bytes=bounds.frame_bytes), bounds, lambda: NOW)
    if up:
        made.go_up()
    return made


def taken(lanes: Waiting) -> list[JsonObject]:
    frames = []
    while (one := lanes.take(0.0)) is not None:
        frames.append(json.loads(one.text))
    return frames


def test_a_queue_is_bounded_in_number_and_bytes_and_keeps_what_it_has() -> None:
    few, small = Queue(2, 100), Queue(100, 5)

    assert [few.put(parcel(text)) for text in "abc"] == [True, True, False]
    assert [small.put(parcel(text)) for text in ("aaa", "bbb", "cc")] == [True, False, True]
    assert [few.take(), few.take(), few.take()] == [parcel("a"), parcel("b"), None]
    assert [small.put(parcel("ddddd")), len(small)] == [False, 2]


def test_a_newer_parcel_of_the_same_key_takes_the_place_of_the_older_one() -> None:
    queue = Queue(2, 10)
    queue.put(parcel("old", "beat"))
    queue.put(parcel("x"))

    assert queue.put(parcel("newer", "beat"))
    assert not queue.put(parcel("much too long", "beat"))
    assert [queue.take(), queue.take()] == [parcel("newer", "beat"), parcel("x")]


def test_only_what_speaks_of_a_moment_is_forgotten_with_its_line() -> None:
    queue = Queue(9, 10)
    for one in (parcel("beat", "heartbeat"), parcel("event"), parcel("h", "health")):
        queue.put(one)

    assert queue.forget_moments() == 2
    assert queue.put(parcel("12345")), "their bytes are free again"
    assert queue.take() == parcel("event")


def test_gaps_are_counted_by_stack_and_reason_and_only_so_many_at_once() -> None:
    gaps = Gaps(most=2)
    for stack, reason in [("a", GapReason.BUFFER_FULL), ("a", GapReason.DISCONNECTED), ("b", GapReason.BUFFER_FULL)]:
        gaps.note(stack, reason, NOW)
        gaps.note(stack, reason, NOW)

    assert [(gap.reason, gap.dropped_count) for gap in gaps.of("a")] == [
        (GapReason.BUFFER_FULL, 2),
        (GapReason.DISCONNECTED, 2),
    ]
    assert (gaps.of("b"), len(gaps)) == ((), 2)


def test_control_goes_before_all_telemetry_however_much_of_it_waits() -> None:
    lanes = waiting()
    for number in range(500):
        assert lanes.offer(log_line(str(number)))
    lanes.offer(K8S_EVENT)
    lanes.offer(HeartbeatReport(k8s_reachable=True))
    lanes.offer(EVENT)

    assert types_of(taken(lanes)) == ["heartbeat", "agent_event", *["pod_log_line"] * 500, "k8s_event"]


def test_of_heartbeats_and_of_health_of_one_object_only_the_newest_waits() -> None:
    lanes = waiting()
    for latency in (1, 2, 3):
        lanes.offer(HeartbeatReport(k8s_reachable=True, k8s_api_latency_ms=latency))
    for status in ("degraded", "healthy"):
        lanes.offer(ObjectHealth(id=OBJECT, status=status, checked_at=NOW))
        lanes.offer(ObjectHealth(id=OTHER, status=status, checked_at=NOW))
    lanes.offer(EVENT)
    lanes.offer(EVENT)
    bodies = [as_object(frame["body"]) for frame in taken(lanes)]

    assert len(bodies) == 5
    assert bodies[0]["k8s_api_latency_ms"] == 3


def test_without_a_line_nothing_is_taken_in() -> None:
    lanes = waiting(up=False)

    assert [lanes.offer(one) for one in (EVENT, HeartbeatReport(k8s_reachable=True), K8S_EVENT, log_line())] == [
        False
    ] * 4
    assert (lanes.dropped, lanes.take(0.0)) == ({Lane.CONTROL: 2, Lane.TELEMETRY: 2}, None)


def test_lines_lost_without_a_line_are_told_before_the_next_line_of_their_stack() -> None:
    lanes = waiting(up=False)
    for _ in range(3):
        lanes.offer(log_line())
    lanes.offer(log_line(stack_id=OTHER))
    lanes.go_up()
    lanes.offer(log_line("after"))
    gap, line, other = taken(lanes)

    body = {"agent_id": AGENT, "stack_id": STACK, "since_ts": "2026-08-02T10:05:00Z", "dropped_count": 3}
    assert gap == {"type": "log_gap", "body": {**body, "reason": "disconnected"}}
    assert line["type"] == "pod_log_line"
    assert other == {
        "type": "log_gap",
        "body": {**body, "stack_id": OTHER, "dropped_count": 1, "reason": "disconnected"},
    }


def test_lines_that_find_no_room_are_told_where_they_are_missing() -> None:
    lanes = waiting(telemetry_frames=2)
    assert [lanes.offer(log_line(text)) for text in "abcd"] == [True, True, False, False]
    assert lanes.take(0.0) is not None
    assert not lanes.offer(log_line("e")), "the gap takes the one place there is, so the line is missing too"
    frames = taken(lanes)

    assert types_of(frames) == ["pod_log_line", "log_gap", "log_gap"]
    assert [as_object(frame["body"])["dropped_count"] for frame in frames[1:]] == [2, 1]
    assert lanes.dropped[Lane.TELEMETRY] == 3


def test_an_event_that_is_lost_is_told_too_and_a_gap_that_is_lost_is_told_with_all_it_counted() -> None:
    lanes = waiting(telemetry_frames=1)
    lost = LogGap(stack_id=STACK, since_ts=NOW, dropped_count=40, reason=GapReason.RATE_LIMIT)
    assert [lanes.offer(one) for one in (log_line(), K8S_EVENT, lost)] == [True, False, False]
    line, gap = taken(lanes)

    assert line["type"] == "pod_log_line"
    assert (gap["type"], as_object(gap["body"])["dropped_count"]) == ("log_gap", 41)


def test_an_event_that_waits_outlives_its_line_and_a_moment_does_not() -> None:
    lanes = waiting()
    for one in (HeartbeatReport(k8s_reachable=True), EVENT, ObjectHealth(id=OBJECT, status="healthy", checked_at=NOW)):
        lanes.offer(one)
    lanes.go_down()
    assert lanes.take(0.0) is None
    lanes.go_up()

    assert types_of(taken(lanes)) == ["agent_event"]
    assert lanes.dropped == {Lane.CONTROL: 2, Lane.TELEMETRY: 0}


def test_after_the_close_nothing_is_taken_in_and_what_waits_is_handed_out() -> None:
    lanes = waiting()
    lanes.offer(EVENT)
    lanes.close()

    assert not lanes.offer(EVENT)
    assert not lanes.done
    assert types_of(taken(lanes)) == ["agent_event"]
    assert lanes.done


def test_who_waits_for_a_frame_is_woken_by_one_and_by_the_end_of_the_line() -> None:
    lanes, got, half_way = waiting(), [], threading.Event()

    def take_two() -> None:
        got.append(lanes.take(60.0))
        half_way.set()
        got.append(lanes.take(60.0))

    taker = threading.Thread(target=take_two)
    taker.start()
    lanes.offer(EVENT)
    assert half_way.wait(20.0)
    lanes.go_down()
    taker.join(20.0)

    assert not taker.is_alive()
    assert [one is None for one in got] == [False, True]


@pytest.mark.parametrize("name", ["control_frames", "pong_seconds", "look_spacing_seconds"])
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"ChannelLimits.{name} is 0"):
        evolve(ChannelLimits(), **{name: 0})
