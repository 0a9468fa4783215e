"""The agent's channel: what the broker pushes ends the wait for the next poll, and what need not be certain is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from attrs import frozen

from brokkr_agent.config import AgentSettings
from brokkr_agent.door import tls_of
from brokkr_agent.health import Component
from brokkr_core.broker import CredentialSource
from brokkr_core.broker.channel import (
    BrokerChannel,
    ChannelDown,
    ChannelEvent,
    ChannelState,
    ChannelUp,
    Outgoing,
    Reason,
)
from brokkr_core.errors import UsageError

_log = structlog.get_logger("channel")

#: How long the goodbye may take; nothing that has to arrive is sent over this channel, so a stop need not wait for it.
_GOODBYE_SECONDS = 1.0

#: What a poll looks at.
_WORTH_A_POLL = frozenset({Reason.CONNECTED, Reason.TARGET_CHANGED, Reason.STACK_CHANGED, Reason.WORK_ORDER})


class Voice:
    """Says to the broker what need not be certain. Safe to use from several threads, before and after the channel."""

    def __init__(self) -> None:
        self._channel: BrokerChannel | None = None
        self._log = ChannelLog()
        self._component = Component()

    def send(self, said: Outgoing) -> bool:
        """Say something while the channel is up; never waits and never raises, so that an observer may call it.

        Args:
            said: what to say, such as a ``K8sEvent``.

        Returns:
            Whether it waits to be sent. If not it is gone: the channel is down or not used, its lane is full, or the
            broker would drop it whatever happens.
        """
        channel = self._channel
        if channel is None:
            return False
        try:
            return channel.offer(said)
        except UsageError as error:
            _log.warning("the broker would drop what was to be said", error=str(error))
            return False

    @property
    def up(self) -> bool:
        """Whether somebody hears it."""
        channel = self._channel
        return channel is not None and channel.up

    @property
    def state(self) -> ChannelState | None:
        """The channel at this moment; None when there is none, or not yet."""
        channel = self._channel
        return None if channel is None else channel.state

    def speak_over(self, channel: BrokerChannel) -> None:
        """Use this channel from now on; it may be down, and closed later."""
        self._channel = channel

    def hear(self, event: ChannelEvent, /) -> None:
        """Hear what happens to the channel, and write it into the log."""
        now = datetime.now(UTC)
        if isinstance(event, ChannelUp):
            self._component = self._component.works(now)
        elif isinstance(event, ChannelDown):
            self._component = self._component.fails(now, str(event.error))
        self._log(event)

    @property
    def component(self) -> Component | None:
        """The channel as the health shows it; None when there is none."""
        return None if self._channel is None else self._component


@frozen(kw_only=True)
class EarlyPolls:
    """Listens to the broker, unless the settings say otherwise.

    Without the channel, and whenever it is down, everything is found by the next poll all the same.

    Args:
        settings: where the broker is, and whether to listen.
        pak: the agent's PAK, or where it comes from.
        voice: speaks over the channel while there is one.
    """

    settings: AgentSettings
    pak: str | CredentialSource
    voice: Voice

    @contextmanager
    def __call__(self, *, agent_id: str, wake: Callable[[], None]) -> Iterator[None]:
        """Listen for the length of a ``with`` block.

        Args:
            agent_id: who we are.
            wake: ends the wait for the next poll.

        Yields:
            Nothing; the channel is dialled in the background.

        Raises:
            ConfigError: the URL is unusable.
        """
        if self.settings.ws_force_rest:
            yield
            return
        channel = BrokerChannel.connect(
            self.settings.broker_url,
            agent_id=agent_id,
            pak=self.pak,
            on_look=lambda reasons: wake() if reasons & _WORTH_A_POLL else None,
            observe=self.voice.hear,
            channel_url=self.settings.ws_url,
            tls=tls_of(self.settings),
        )
        self.voice.speak_over(channel)
        channel.start()
        try:
            yield
        finally:
            channel.close(timeout_seconds=_GOODBYE_SECONDS)


class ChannelLog:
    """Writes what a channel tells into the log; the same trouble again and again is worth one line."""

    def __init__(self) -> None:
        self._trouble = ""

    def __call__(self, event: ChannelEvent, /) -> None:
        """Hear one event."""
        if isinstance(event, ChannelUp):
            self._trouble = ""
            _log.info("channel is up")
        elif isinstance(event, ChannelDown):
            trouble = str(event.error)
            tell = _log.debug if trouble == self._trouble else _log.warning
            self._trouble = trouble
            tell("channel is down; polling goes on", error=trouble, retry_seconds=round(event.retry_seconds, 1))
        else:
            _log.warning("channel", told=str(event))
