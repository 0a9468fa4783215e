"""What the channel's lanes and waits promise, for whatever is said in whatever order."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from itertools import pairwise

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from broker_support import AGENT, OBJECT
from brokkr_core.broker.channel import ChannelLimits, Reason, ReconnectPolicy
from brokkr_core.broker.channel.incoming import read_push
from brokkr_core.broker.channel.looks import Looks
from brokkr_core.broker.channel.outgoing import Outgoing, Packer
from brokkr_core.broker.channel.reconnect import Ended, Streak
from brokkr_core.broker.channel.waiting import Waiting
from brokkr_core.errors import DecodeError
from brokkr_core.model.broker import HeartbeatReport, NewAgentEvent
from channel_support import K8S_EVENT, NOW, log_line

STACKS = [f"5a5a5a5a-0002-4000-8000-00000000000{number}" for number in range(3)]

SAID: st.SearchStrategy[Outgoing] = st.one_of(
    st.sampled_from(STACKS).map(lambda stack: log_line(stack_id=stack)),
    st.just(HeartbeatReport(k8s_reachable=True)),
    st.just(NewAgentEvent(agent_id=AGENT, deployment_object_id=OBJECT, status="SUCCESS")),
    st.just(K8S_EVENT),
)
STEPS = st.lists(st.one_of(SAID, st.sampled_from(["take", "up", "down"])), max_size=200)


def lines(frames: list[str]) -> Counter[str]:
    """Count the lines of each stack that were sent, or told to be missing."""
    counted: Counter[str] = Counter()
    for text in frames:
        frame = json.loads(text)
        if frame["type"] in ("pod_log_line", "k8s_event", "log_gap"):
            counted[frame["body"]["stack_id"]] += frame["body"].get("dropped_count", 1)
    return counted


@given(steps=STEPS, room=st.integers(1, 6))
def test_every_line_and_event_arrives_or_is_counted_as_missing_and_the_lanes_stay_within_their_bounds(
    steps: list[Outgoing | str], room: int
) -> None:
    limits = evolve(ChannelLimits(), control_frames=room, telemetry_frames=room)
    waiting = Waiting(Packer(agent_id=AGENT, frame_bytes=limits.frame_bytes), limits, lambda: NOW)
    said: Counter[str] = Counter()
    sent: list[str] = []
    for step in steps:
        if step == "up":
            waiting.go_up()
        elif step == "down":
            waiting.go_down()
        elif step == "take":
            one = waiting.take(0.0)
            sent.extend([one.text] if one is not None else [])
        elif not isinstance(step, str):
            waiting.offer(step)
            said[getattr(step, "stack_id", "")] += hasattr(step, "stack_id")
        assert len(waiting) <= 2 * room + 2 * len(STACKS)
    waiting.go_up()
    while (one := waiting.take(0.0)) is not None:
        sent.append(one.text)

    assert lines(sent) == +said


@given(text=st.text(max_size=200) | st.recursive(st.none() | st.text(), st.lists, max_leaves=9).map(json.dumps))
def test_no_text_makes_the_reader_raise_anything_but_its_own_error(text: str) -> None:
    with suppress(DecodeError):
        assert read_push(text) is None


@given(
    moments=st.lists(st.floats(0.0, 0.5), min_size=1, max_size=200),
    reasons=st.lists(st.sampled_from(Reason), min_size=1, max_size=200),
)
def test_looks_are_never_closer_than_the_spacing_and_no_reason_gets_lost(
    moments: list[float], reasons: list[Reason]
) -> None:
    looks, now, taken = Looks(1.0), 0.0, list[tuple[float, frozenset[Reason]]]()
    noted = set()
    for step, reason in zip(moments, reasons, strict=False):
        now += step
        looks.note(reason)
        noted.add(reason)
        if found := looks.take(now):
            taken.append((now, found))
    if rest := looks.take(now + 1.0):
        taken.append((now + 1.0, rest))

    assert all(later >= earlier + 1.0 for (earlier, _), (later, _) in pairwise(taken))
    assert set().union(*(found for _, found in taken)) == noted


@given(
    ends=st.lists(st.tuples(st.floats(0, 100), st.booleans(), st.none() | st.floats(0, 1e9)), max_size=50),
    luck=st.floats(0, 1),
)
def test_a_wait_is_never_negative_and_never_longer_than_the_policy_says(
    ends: list[tuple[float, bool, float | None]], luck: float
) -> None:
    policy, streak = ReconnectPolicy(), Streak()
    for up_seconds, refused, asked in ends:
        ended = Ended(up_seconds=up_seconds, refused=refused, retry_after=asked)
        streak = streak.after(ended, policy)
        wait = streak.wait(ended, policy, luck)
        assert 0.0 <= wait <= policy.asked_cap_seconds + policy.cap_seconds
        assert not refused or wait >= policy.refused_seconds / 2
