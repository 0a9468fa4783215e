"""Early polls: what is pushed wakes the poll, what goes wrong is one line in the log."""

from __future__ import annotations

import threading

import structlog
from attrs import evolve

from brokkr_agent.config import AgentSettings
from brokkr_agent.early import ChannelLog, EarlyPolls, Voice
from brokkr_core.broker.channel import ChannelDown, ChannelUp
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.testing.broker import EmbeddedBroker
from channel_support import K8S_EVENT
from duty_support import Party, operator
from stage_support import wait_for

PATIENCE = 20.0


def down(text: str) -> ChannelDown:
    return ChannelDown(error=BrokerUnreachableError(text), retry_seconds=1.0)


def test_the_same_trouble_again_and_again_is_told_once_until_the_line_was_up() -> None:
    log = ChannelLog()
    with structlog.testing.capture_logs() as lines:
        for event in (down("a"), down("a"), down("b"), down("a"), ChannelUp(), down("a")):
            log(event)

    assert [line["log_level"] for line in lines] == ["warning", "debug", "warning", "warning", "info", "warning"]


def test_nobody_listens_when_the_settings_say_so() -> None:
    with EmbeddedBroker() as broker:
        settings = AgentSettings(broker_url=broker.url, ws_force_rest=True)
        before, voice = threading.active_count(), Voice()
        with EarlyPolls(settings=settings, pak=broker.admin_pak, voice=voice)(agent_id="x", wake=lambda: None):
            assert threading.active_count() == before
            assert (voice.up, voice.send(K8S_EVENT), voice.state) == (False, False, None)

    assert broker.frames == ()


def test_what_is_said_while_the_channel_is_up_reaches_the_broker_and_at_other_times_is_let_go() -> None:
    voice = Voice()
    with EmbeddedBroker() as broker:
        party, generator = Party(broker, "edge"), operator(broker).generators.create("ci").generator
        stack = operator(broker).stacks.create("web", generator_id=generator.id)
        said, settings = evolve(K8S_EVENT, stack_id=stack.id), AgentSettings(broker_url=broker.url)
        with EarlyPolls(settings=settings, pak=party.pak, voice=voice)(agent_id=party.id, wake=lambda: None):
            wait_for(lambda: voice.up, "the channel")
            heard = voice.send(said), voice.send(evolve(said, message="x" * 1_000_000))
            wait_for(lambda: [one.kind for one in broker.frames] == ["k8s_event"], "the event")
        later = voice.up, voice.send(said)

    assert (heard, later) == ((True, False), (False, False))
