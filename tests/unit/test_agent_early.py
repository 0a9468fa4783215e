"""Early polls: what is pushed wakes the poll, what goes wrong is one line in the log."""

from __future__ import annotations

import threading

import structlog

from brokkr_agent.config import AgentSettings
from brokkr_agent.early import ChannelLog, early_polls
from brokkr_core.broker.channel import ChannelDown, ChannelUp
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.testing.broker import EmbeddedBroker

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
        before = threading.active_count()
        with early_polls(settings, broker.admin_pak, agent_id="x", wake=lambda: None):
            assert threading.active_count() == before

    assert broker.frames == ()
