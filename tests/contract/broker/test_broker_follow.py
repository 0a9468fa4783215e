"""The client for live tails against a broker with an address (contract 7.2, 7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest
from attrs import evolve

from brokkr_core.broker.channel import ChannelUp, follow_fleet, follow_stack
from brokkr_core.errors import BrokerAuthError
from brokkr_core.model.stream import GapReason, K8sEvent, LogGap, PodLogLine, Told
from channel_support import K8S_EVENT, log_line
from fake_broker_support import UNKNOWN_ID, Served
from fake_live_support import cast, far
from follow_support import frame_of

T = TypeVar("T")

STRANGER = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"


def heard(tail: Iterator[object], kind: type[T], number: int) -> list[T]:
    """Return the next items, which must be of one kind."""
    items = [next(tail) for _ in range(number)]
    assert all(isinstance(one, kind) for one in items), items
    return [one for one in items if isinstance(one, kind)]


def test_what_an_agent_tells_of_a_stack_is_heard_as_values(served: Served) -> None:
    players = cast(served.door)
    said: list[K8sEvent | PodLogLine | LogGap] = [
        evolve(K8S_EVENT, stack_id=players.stack_id),
        log_line("one", players.stack_id),
        LogGap(stack_id=players.stack_id, since_ts=K8S_EVENT.observed_at, dropped_count=3, reason=GapReason.RATE_LIMIT),
    ]
    with follow_stack(served.url, players.stack_id, pak=players.generator.pak) as tail, far(served.url) as opener:
        items = iter(tail)
        assert heard(items, ChannelUp, 1)
        peer = opener("/internal/ws/agent", {"authorization": f"Bearer {players.agent.pak}"})
        for one in said:
            peer.say(frame_of(one, players.agent.id))
        told = heard(items, Told, 3)

        assert [one.what for one in told] == said
        assert {one.agent_id for one in told} == {players.agent.id}


def test_the_fleet_is_heard_as_records(served: Served) -> None:
    players = cast(served.door)
    with follow_fleet(served.url, pak=served.door.admin_pak) as tail, far(served.url) as opener:
        items = iter(tail)
        assert heard(items, ChannelUp, 1)
        opener("/internal/ws/agent", {"authorization": f"Bearer {players.agent.pak}"})
        record = next(one for one in items if getattr(one, "agent_id", "") == players.agent.id)

        assert getattr(record, "ws_connected", False)


def test_who_may_not_follow_is_told_so_at_once(served: Served) -> None:
    players, other = cast(served.door), cast(served.door)
    with pytest.raises(BrokerAuthError, match="only an administrator and the generator that owns the stack"):
        next(iter(follow_stack(served.url, players.stack_id, pak=other.generator.pak)))
    with pytest.raises(BrokerAuthError, match="only an administrator may follow the fleet"):
        next(iter(follow_fleet(served.url, pak=players.generator.pak)))
    with pytest.raises(BrokerAuthError, match="the PAK is unknown"):
        next(iter(follow_fleet(served.url, pak=STRANGER)))


def test_an_admin_follows_a_stack_that_is_not_there_in_vain(served: Served) -> None:
    with follow_stack(served.url, UNKNOWN_ID, pak=served.door.admin_pak) as tail:
        assert isinstance(next(iter(tail)), ChannelUp)
