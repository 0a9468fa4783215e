"""The channel over scripted lines: it holds one, whatever happens to it, and ends in a bounded time."""

from __future__ import annotations

import json
import time

import pytest
from attrs import evolve

from broker_support import AGENT, NEWER_PAK, OBJECT, PAK, ListedPaks
from brokkr_core.broker.channel import (
    ChannelDown,
    ChannelUp,
    FrameRefused,
    LineEndedError,
    LookFailed,
    Phase,
    Reason,
    ReconnectPolicy,
)
from brokkr_core.errors import BrokerAuthError, UsageError
from brokkr_core.model.broker import HeartbeatReport, NewAgentEvent
from channel_support import (
    ENDED,
    LIMITS,
    PATIENCE,
    REFUSED,
    STACK_FRAME,
    UNREACHABLE,
    Heard,
    ScriptedDial,
    ScriptedLine,
    channel_over,
)

EVENT = NewAgentEvent(agent_id=AGENT, deployment_object_id=OBJECT, status="SUCCESS")
PUSH = json.dumps(STACK_FRAME)
AUTH_CLOSE = LineEndedError(BrokerAuthError(status=401, endpoint="GET /internal/ws/agent"), refused=True)


def test_a_new_line_is_a_reason_to_look_and_so_is_a_push() -> None:
    heard, line = Heard(), ScriptedLine()
    with channel_over(ScriptedDial(line), heard) as channel:
        heard.wait_look(Reason.CONNECTED)
        line.bring(PUSH)
        heard.wait_look(Reason.STACK_CHANGED)
        assert (channel.state.phase, channel.state.connects, channel.state.looks) == (Phase.UP, 1, 2)

    assert channel.state.phase is Phase.CLOSED
    assert line.closed
    assert not line.aborted


def test_a_flood_of_pushes_is_a_trickle_of_looks() -> None:
    heard, line = Heard(), ScriptedLine(*[PUSH] * 5000)
    limits = evolve(LIMITS, look_spacing_seconds=0.2)
    with channel_over(ScriptedDial(line), heard, limits=limits):
        started = time.monotonic()
        heard.wait_look(Reason.STACK_CHANGED)
        seconds = time.monotonic() - started

    assert len(heard.looks) <= 2 + seconds / 0.2


def test_garbage_is_told_once_and_counted_and_the_next_push_is_heard() -> None:
    heard, line = Heard(), ScriptedLine(*["garbage"] * 1000, b"binary", '{"type":"newer"}', PUSH)
    with channel_over(ScriptedDial(line), heard) as channel:
        heard.wait_look(Reason.STACK_CHANGED)
        state = channel.state

    assert len([event for event in heard.events if isinstance(event, FrameRefused)]) == 1
    assert (state.frames_refused, state.frames_unknown, state.connects) == (1000, 2, 1)
    assert heard.errors == []


def test_a_line_that_ends_is_dialled_again_with_ever_longer_waits() -> None:
    heard, naps = Heard(), list[float]()
    last = ScriptedLine()
    dial = ScriptedDial(*[UNREACHABLE] * 5, last)
    reconnect = ReconnectPolicy(base_seconds=1.0, cap_seconds=8.0)
    with channel_over(dial, heard, naps=naps, reconnect=reconnect) as channel:
        heard.wait_look(Reason.CONNECTED)
        assert channel.state.error == ""

    assert naps == [1.0, 2.0, 4.0, 8.0, 8.0]
    assert [event.retry_seconds for event in heard.wait_events(ChannelDown)] == naps


def test_a_broker_that_lets_everybody_in_and_drops_everybody_is_not_dialled_without_end() -> None:
    heard, naps = Heard(), list[float]()
    lines = [ScriptedLine(ENDED) for _ in range(4)]
    with channel_over(ScriptedDial(*lines, ScriptedLine()), heard, naps=naps, reconnect=ReconnectPolicy()):
        heard.wait_events(ChannelUp, times=5)

    assert naps == [1.0, 2.0, 4.0, 8.0]


def test_a_refused_pak_is_tried_slowly_until_the_source_has_another() -> None:
    heard, naps = Heard(), list[float]()
    dial, source = ScriptedDial(REFUSED, REFUSED, ScriptedLine()), ListedPaks([PAK, PAK, PAK, PAK, NEWER_PAK])
    with channel_over(dial, heard, naps=naps, credentials=source, reconnect=ReconnectPolicy()) as channel:
        heard.wait_look(Reason.CONNECTED)
        assert channel.state.phase is Phase.UP

    assert naps == [60.0, 60.0]
    assert dial.paks == [PAK, PAK, NEWER_PAK]
    assert heard.errors == ["BrokerAuthError"] * 2


def test_a_line_closed_because_of_its_pak_is_dialled_soon_when_there_is_another() -> None:
    heard, naps = Heard(), list[float]()
    dial = ScriptedDial(ScriptedLine(AUTH_CLOSE), ScriptedLine())
    source = ListedPaks([PAK, NEWER_PAK])
    with channel_over(dial, heard, naps=naps, credentials=source, reconnect=ReconnectPolicy()):
        heard.wait_events(ChannelUp, times=2)

    assert (naps, dial.paks) == ([1.0], [PAK, NEWER_PAK])


def test_a_line_closed_because_of_its_pak_is_dialled_slowly_when_there_is_no_other() -> None:
    heard, naps = Heard(), list[float]()
    dial = ScriptedDial(ScriptedLine(AUTH_CLOSE), ScriptedLine())
    with channel_over(dial, heard, naps=naps, reconnect=ReconnectPolicy()):
        heard.wait_events(ChannelUp, times=2)

    assert naps == [60.0]


def test_a_bug_in_a_dial_is_told_and_the_next_dial_comes() -> None:
    heard = Heard()
    with channel_over(ScriptedDial(RuntimeError("a bug"), ScriptedLine()), heard, naps=[]):
        heard.wait_look(Reason.CONNECTED)

    assert str(heard.wait_events(ChannelDown)[0].error).endswith("the channel itself failed (RuntimeError)")


def test_who_raises_when_told_to_look_does_not_end_the_channel() -> None:
    heard, line = Heard(), ScriptedLine()

    def fail_at_first(reasons: frozenset[Reason]) -> None:
        heard.look(reasons)
        if len(heard.looks) == 1:
            raise KeyError("a bug of somebody else")

    channel = channel_over(ScriptedDial(line), heard, on_look=fail_at_first)
    with channel:
        assert heard.wait_events(LookFailed) == [LookFailed(kind="KeyError")]
        line.bring(PUSH)
        heard.wait_look(Reason.STACK_CHANGED)

    assert channel.state.connects == 1


def test_what_is_offered_is_sent_and_what_waits_at_the_close_too() -> None:
    heard, line = Heard(), ScriptedLine()
    line.hold.clear()
    with channel_over(ScriptedDial(line), heard) as channel:
        heard.wait_look(Reason.CONNECTED)
        assert channel.offer(HeartbeatReport(k8s_reachable=True))
        assert line.writing.wait(PATIENCE)
        assert channel.offer(EVENT)
        line.hold.set()

    assert [json.loads(text)["type"] for text in line.sent] == ["heartbeat", "agent_event"]
    assert (channel.state.sent, channel.state.waiting) == ({"heartbeat": 1, "agent_event": 1}, 0)
    assert not channel.offer(EVENT)


def test_a_write_that_hangs_is_noticed_cut_and_dialled_again() -> None:
    heard, stuck = Heard(), ScriptedLine()
    stuck.hold.clear()
    limits = evolve(LIMITS, write_seconds=0.2)
    with channel_over(ScriptedDial(stuck, ScriptedLine()), heard, limits=limits) as channel:
        heard.wait_look(Reason.CONNECTED)
        channel.offer(EVENT)
        heard.wait_events(ChannelUp, times=2)

    assert stuck.aborted
    assert str(heard.wait_events(ChannelDown)[0].error).endswith("within 0.2 s; the other side reads nothing")


def test_a_close_while_a_write_hangs_takes_a_bounded_time() -> None:
    heard, stuck = Heard(), ScriptedLine()
    stuck.hold.clear()
    channel = channel_over(ScriptedDial(stuck), heard, limits=evolve(LIMITS, close_seconds=0.2))
    channel.start()
    heard.wait_look(Reason.CONNECTED)
    channel.offer(EVENT)
    assert stuck.writing.wait(PATIENCE)
    started = time.monotonic()

    assert channel.close(timeout_seconds=0.2)
    assert time.monotonic() - started < 5.0
    assert stuck.aborted


def test_a_close_while_waiting_for_the_next_dial_ends_the_wait() -> None:
    heard = Heard()
    reconnect = ReconnectPolicy(base_seconds=3600.0, cap_seconds=3600.0)
    channel = channel_over(ScriptedDial(UNREACHABLE), heard, reconnect=reconnect)
    channel.start()
    heard.wait_events(ChannelDown)
    started = time.monotonic()

    assert channel.close()
    assert time.monotonic() - started < 5.0


def test_a_channel_that_was_never_started_is_closed_at_once_and_none_is_started_twice() -> None:
    assert channel_over(ScriptedDial(UNREACHABLE), Heard()).close()
    channel = channel_over(ScriptedDial(ScriptedLine()), Heard())
    with channel, pytest.raises(UsageError, match="started before"):
        channel.start()


def test_neither_the_pak_nor_what_is_sent_is_in_what_a_channel_tells() -> None:
    heard = Heard()
    with channel_over(ScriptedDial(REFUSED), heard, naps=None) as channel:
        heard.wait_events(ChannelDown)
        told = f"{channel!r} {channel.state!r} {heard.events!r} {heard.events[0]}"

    assert PAK.rpartition("_")[2] not in told
    assert channel.state.phase is Phase.CLOSED
