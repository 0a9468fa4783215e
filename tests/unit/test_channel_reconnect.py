"""When the channel dials again, with which PAK, and when a push becomes a look: all of it without a clock."""

from __future__ import annotations

import pytest

from broker_support import NEWER_PAK, PAK, ListedPaks
from brokkr_core.broker import Pak
from brokkr_core.broker.channel import LineEndedError, Reason, ReconnectPolicy
from brokkr_core.broker.channel.address import channel_address
from brokkr_core.broker.channel.login import Login
from brokkr_core.broker.channel.looks import Looks
from brokkr_core.broker.channel.reconnect import Ended, Streak
from brokkr_core.errors import ConfigError, UsageError
from channel_support import REFUSED, UNREACHABLE, ScriptedDial, ScriptedLine

POLICY = ReconnectPolicy()


@pytest.mark.parametrize(
    ("failures", "most"), [(0, 1.0), (1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (99_999, 60.0)]
)
def test_the_wait_is_anything_up_to_a_ceiling_that_doubles(failures: int, most: float) -> None:
    assert [POLICY.delay(failures, luck) for luck in (0.0, 0.5, 1.0)] == [0.0, most / 2, most]


def test_who_asks_to_wait_is_waited_for_up_to_a_limit() -> None:
    assert POLICY.delay(1, 1.0, 30.0) == 31.0
    assert POLICY.delay(1, 0.0, 1e9) == 600.0


def test_a_refused_pak_is_tried_again_slowly_and_not_by_all_at_once() -> None:
    refused = Ended(refused=True)

    assert [Streak(failures=1).wait(refused, POLICY, luck) for luck in (0.0, 1.0)] == [30.0, 60.0]
    assert Streak(failures=1).wait(Ended(refused=True, retry_after=90.0), POLICY, 0.0) == 90.0


def test_only_a_line_that_was_up_for_a_while_counts_as_a_success() -> None:
    streak = Streak()
    for up_seconds, failures in [(0.0, 1), (0.0, 2), (5.0, 3), (30.0, 1), (0.0, 2)]:
        streak = streak.after(Ended(up_seconds=up_seconds), POLICY)
        assert streak.failures == failures


@pytest.mark.parametrize("name", ["base_seconds", "cap_seconds", "refused_seconds"])
@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan")])
def test_a_policy_that_makes_no_sense_is_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"ReconnectPolicy.{name}"):
        ReconnectPolicy(**{name: value})


def test_the_first_reason_is_due_at_once_and_the_next_ones_together_after_a_while() -> None:
    looks = Looks(1.0)
    assert (looks.wait(10.0), looks.take(10.0)) == (None, frozenset())
    looks.note(Reason.CONNECTED)
    assert looks.wait(10.0) == 0.0
    assert looks.take(10.0) == {Reason.CONNECTED}
    for _ in range(1000):
        looks.note(Reason.STACK_CHANGED)
    looks.note(Reason.WORK_ORDER)

    assert (looks.wait(10.25), looks.take(10.25)) == (0.75, frozenset())
    assert looks.take(11.0) == {Reason.STACK_CHANGED, Reason.WORK_ORDER}
    assert looks.wait(11.0) is None


def test_a_good_pak_is_asked_for_once() -> None:
    source, dial = ListedPaks([PAK, NEWER_PAK]), ScriptedDial(ScriptedLine())
    login = Login(source)
    for _ in range(3):
        login.open(dial)

    assert (source.asked, dial.paks) == (1, [PAK] * 3)


def test_a_rotated_pak_is_fetched_and_dialled_with_at_once() -> None:
    dial = ScriptedDial(REFUSED, ScriptedLine())
    login = Login(ListedPaks([PAK, NEWER_PAK]))
    login.open(dial)
    login.open(dial)

    assert dial.paks == [PAK, NEWER_PAK, NEWER_PAK]


def test_a_pak_that_stays_refused_costs_one_dial_a_try_and_the_source_is_asked_each_time() -> None:
    source, dial = ListedPaks([PAK]), ScriptedDial(REFUSED)
    login = Login(source)
    for _ in range(3):
        with pytest.raises(LineEndedError) as caught:
            login.open(dial)
        assert caught.value.refused

    assert (len(dial.paks), source.asked) == (3, 6)


def test_a_source_that_never_gives_the_same_pak_costs_two_dials_a_try() -> None:
    dial = ScriptedDial(REFUSED)
    login = Login(ListedPaks([PAK, NEWER_PAK, PAK, NEWER_PAK]))
    for _ in range(2):
        with pytest.raises(LineEndedError):
            login.open(dial)

    assert dial.paks == [PAK, NEWER_PAK] * 2


def test_a_line_that_cannot_be_had_says_nothing_about_the_pak() -> None:
    source = ListedPaks([PAK, NEWER_PAK])
    login = Login(source)
    for _ in range(2):
        with pytest.raises(LineEndedError) as caught:
            login.open(ScriptedDial(UNREACHABLE))
        assert not caught.value.refused

    assert source.asked == 1


class Empty:
    """A source that has nothing."""

    def pak(self) -> Pak:
        raise ConfigError(["PAK file: cannot be read"])


def test_a_source_that_has_nothing_is_a_refusal_with_its_own_words() -> None:
    with pytest.raises(LineEndedError) as caught:
        Login(Empty()).open(ScriptedDial(ScriptedLine()))

    assert caught.value.refused
    assert isinstance(caught.value.error, ConfigError)


def test_after_a_close_because_of_the_pak_the_source_is_asked_before_the_next_dial() -> None:
    dial = ScriptedDial(ScriptedLine())
    login = Login(ListedPaks([PAK, PAK, NEWER_PAK]))
    login.open(dial)
    assert login.refused_later(), "the source has the same one"
    login.open(dial)

    assert dial.paks == [PAK, NEWER_PAK]


def test_a_close_because_of_the_pak_is_no_refusal_when_there_is_another_by_now() -> None:
    login = Login(ListedPaks([PAK, NEWER_PAK]))
    login.open(ScriptedDial(ScriptedLine()))

    assert not login.refused_later()


@pytest.mark.parametrize(
    ("root", "address"),
    [
        ("http://broker:3000", "ws://broker:3000/internal/ws/agent"),
        ("https://broker.example/", "wss://broker.example/internal/ws/agent"),
        ("https://proxy.example//eu/", "wss://proxy.example/eu/internal/ws/agent"),
    ],
)
def test_the_address_is_made_from_the_root(root: str, address: str) -> None:
    assert channel_address(root) == address


def test_an_address_of_ones_own_goes_before() -> None:
    assert channel_address("http://broker", " wss://other.example/ws ") == "wss://other.example/ws"


@pytest.mark.parametrize(
    "address",
    [
        "http://broker/ws",
        "ws://",
        "broker/ws",
        "ws://me:s3cret@broker/ws",
        "wss://broker/ws?pak=s3cret",
        "ws://[",
        "ws://b:0/",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(ConfigError, match="WebSocket URL") as caught:
        channel_address("http://broker", address)
    assert "s3cret" not in str(caught.value)
