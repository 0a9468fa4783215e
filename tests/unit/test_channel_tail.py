"""Following live, over scripted lines: what is told, what is waited out, what ends it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from broker_support import AGENT, PAK, STACK
from brokkr_core.broker import LiteralPak, Pak
from brokkr_core.broker.channel import (
    ChannelDown,
    ChannelUp,
    FrameRefused,
    LineEndedError,
    ReconnectPolicy,
    Tail,
    follow_fleet,
    follow_stack,
)
from brokkr_core.broker.channel.told import read_fleet_update, read_told
from brokkr_core.errors import (
    BrokerAuthError,
    BrokerError,
    BrokerUnreachableError,
    BrokkrError,
    ConfigError,
    DecodeError,
    UsageError,
)
from brokkr_core.model.stream import GapReason, LogGap, Told
from channel_support import ENDED, K8S_EVENT, NIL, NOW, STACK_FRAME, UNREACHABLE, ScriptedDial, ScriptedLine, log_line
from clock_support import ObedientClock
from follow_support import frame_of

ENDPOINT = f"GET /api/v1/stacks/{STACK}/live"
LINE = frame_of(log_line(), AGENT)
GAP = LogGap(stack_id=STACK, since_ts=NOW, dropped_count=3, reason=GapReason.BUFFER_FULL)


def tail_over(*ends: ScriptedLine | LineEndedError, naps: list[float] | None = None) -> Tail[Told]:
    def nap(seconds: float) -> bool:
        assert naps is not None
        naps.append(seconds)
        return len(naps) == len(ends)

    return Tail(
        ScriptedDial(*ends),
        read_told,
        credentials=LiteralPak(value=Pak(text=PAK)),
        reconnect=ReconnectPolicy(refused_seconds=60.0),
        sleep=nap if naps is not None else None,
        random=lambda: 1.0,
    )


@pytest.mark.parametrize("said", [K8S_EVENT, log_line("one"), GAP])
def test_a_frame_is_read_as_what_the_agent_said(said: object) -> None:
    assert read_told(frame_of(said, AGENT)) == Told(agent_id=AGENT, what=said)  # type: ignore[arg-type]  # one of three


def test_a_gap_of_the_broker_has_no_agent() -> None:
    assert read_told(frame_of(GAP, NIL)) == Told(agent_id=None, what=GAP)


def test_a_line_of_a_pod_is_never_shown() -> None:
    assert "listening" not in repr(read_told(LINE))


@pytest.mark.parametrize("read", [read_told, read_fleet_update])
def test_a_type_that_is_not_known_is_passed_over(read: Callable[[str], object]) -> None:
    assert read(json.dumps(STACK_FRAME)) is None


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ("{", "JSON"),
        ("[]", "a type and a body"),
        ('{"type":"pod_log_line"}', "a type and a body"),
        ('{"type":"pod_log_line","body":{"agent_id":"a"}}', "expected a UUID"),
        (LINE.replace('"line":"listening"', '"line":7'), "expected text"),
        (frame_of(GAP, AGENT).replace("buffer_full", "weather"), "expected one of rate_limit, "),
    ],
)
def test_a_frame_that_cannot_be_read_says_why(frame: str, fault: str) -> None:
    with pytest.raises(DecodeError, match=fault):
        read_told(frame)


def test_what_is_told_comes_between_what_happens_to_the_line() -> None:
    naps: list[float] = []
    tail = tail_over(ScriptedLine(LINE, "{", b"\x00", LINE, ENDED), UNREACHABLE, ScriptedLine(LINE, ENDED), naps=naps)
    kinds = [type(one) for one in tail]

    assert kinds == [ChannelUp, Told, FrameRefused, Told, ChannelDown, ChannelDown, ChannelUp, Told, ChannelDown]
    assert naps == [1.0, 2.0, 4.0], "waits grow until a line was up for a while"


def test_a_line_that_was_up_for_long_begins_anew_with_the_waits() -> None:
    clock = ObedientClock()
    naps: list[float] = []

    def nap(seconds: float) -> bool:
        naps.append(seconds)
        return len(naps) == 3

    tail = Tail(
        ScriptedDial(UNREACHABLE, UNREACHABLE, ScriptedLine(LINE, ENDED)),
        read_told,
        credentials=LiteralPak(value=Pak(text=PAK)),
        clock=clock,
        sleep=nap,
        random=lambda: 1.0,
    )
    for one in tail:
        if isinstance(one, Told):
            clock.seconds += 31.0

    assert naps == [1.0, 2.0, 1.0]


def no(status: int, code: str = "") -> LineEndedError:
    kind = BrokerAuthError if status in (401, 403) else BrokerError
    return LineEndedError(kind(status=status, endpoint=ENDPOINT, code=code), refused=status in (401, 403))


@pytest.mark.parametrize(
    "error", [no(401), no(403), no(404, "stack_not_found"), LineEndedError(ConfigError(["no PAK"]), refused=True)]
)
def test_who_will_never_be_let_in_is_told_so(error: LineEndedError) -> None:
    with pytest.raises(type(error.error)) as caught:
        list(tail_over(error))
    assert caught.value is error.error


def test_a_refusal_before_a_restarting_broker_or_a_pak_on_its_way_is_waited_out() -> None:
    naps: list[float] = []
    ends = (ScriptedLine(LINE, ENDED), no(401), no(404), ScriptedLine(LINE, ENDED))
    told = [one for one in tail_over(*ends, naps=naps) if isinstance(one, Told)]

    assert len(told) == 2
    assert naps[1] == 60.0, "as patiently as ReconnectPolicy.refused_seconds has it"


def test_a_stack_that_is_gone_by_now_ends_it() -> None:
    with pytest.raises(BrokerError, match="stack_not_found"):
        list(tail_over(ScriptedLine(LINE, ENDED), no(404, "stack_not_found"), naps=[]))


def test_a_close_cuts_the_line_and_ends_the_iteration() -> None:
    line = ScriptedLine(LINE)
    with tail_over(line) as tail:
        for one in tail:
            if isinstance(one, Told):
                tail.close()

    assert (line.aborted, line.closed) == (True, True)


def test_who_leaves_the_loop_leaves_no_line_behind() -> None:
    line = ScriptedLine(LINE, LINE)
    items = iter(tail_over(line))
    next(items)
    items.close()  # type: ignore[attr-defined]  # it is a generator, which a for loop closes when it is dropped

    assert line.closed


def test_addresses_are_those_of_the_contract() -> None:
    with pytest.raises(UsageError, match="give the UUID of the stack"):
        follow_stack("http://broker", "web/../..", pak=PAK)
    with pytest.raises(ConfigError, match="has to start with http"):
        follow_fleet("ftp://broker", pak=PAK)
    nowhere: type[BrokkrError] = BrokerUnreachableError
    down = next(one for one in follow_fleet("http://127.0.0.1:9/eu/", pak=PAK) if isinstance(one, ChannelDown))
    assert isinstance(down.error, nowhere)
    assert "GET /api/v1/fleet/live at ws://127.0.0.1:9/eu/api/v1/fleet/live" in str(down.error)
