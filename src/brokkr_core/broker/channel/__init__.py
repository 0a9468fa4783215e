"""The agent's WebSocket to its broker: early news by pushes, and telemetry; REST stays the truth."""

from brokkr_core.broker.channel.channel import BrokerChannel
from brokkr_core.broker.channel.events import (
    ChannelDown,
    ChannelEvent,
    ChannelObserver,
    ChannelState,
    ChannelUp,
    FrameRefused,
    LookFailed,
    Phase,
)
from brokkr_core.broker.channel.limits import ChannelLimits
from brokkr_core.broker.channel.line import Dial, Line, LineEndedError
from brokkr_core.broker.channel.looks import Reason
from brokkr_core.broker.channel.outgoing import Outgoing
from brokkr_core.broker.channel.reconnect import ReconnectPolicy
from brokkr_core.broker.channel.tail import Tail, follow_fleet, follow_stack

__all__ = [
    "BrokerChannel",
    "ChannelDown",
    "ChannelEvent",
    "ChannelLimits",
    "ChannelObserver",
    "ChannelState",
    "ChannelUp",
    "Dial",
    "FrameRefused",
    "Line",
    "LineEndedError",
    "LookFailed",
    "Outgoing",
    "Phase",
    "Reason",
    "ReconnectPolicy",
    "Tail",
    "follow_fleet",
    "follow_stack",
]
