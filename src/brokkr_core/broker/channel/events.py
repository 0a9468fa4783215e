"""What a channel tells about itself, as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, TypeAlias

from attrs import frozen

from brokkr_core.errors import BrokkrError, DecodeError


@frozen(kw_only=True)
class ChannelUp:
    """The broker let us in."""


@frozen(kw_only=True)
class ChannelDown:
    """There is no line, or no longer; ``retry_seconds`` until the next dial."""

    error: BrokkrError
    retry_seconds: float


@frozen(kw_only=True)
class FrameRefused:
    """A frame of the broker could not be read and changes nothing; ``more`` were passed over without a word."""

    error: DecodeError
    more: int = 0


@frozen(kw_only=True)
class LookFailed:
    """``on_look`` raised an exception of this type; the channel goes on."""

    kind: str


ChannelEvent: TypeAlias = ChannelUp | ChannelDown | FrameRefused | LookFailed


class ChannelObserver(Protocol):
    """Hears what a channel tells; called from the channel's thread, so it must be quick."""

    def __call__(self, event: ChannelEvent, /) -> None:
        """Hear one event."""


class Phase(StrEnum):
    """Where a channel stands."""

    DOWN = "down"  #: no line; it is dialled again, or not started yet
    UP = "up"
    REFUSED = "refused"  #: no line, because the broker does not take the PAK; it is dialled again, slowly
    CLOSED = "closed"  #: closed by us, for good


@frozen(kw_only=True)
class ChannelState:
    """A channel at one moment, and what it has counted so far.

    Args:
        phase: where it stands.
        error: why there is no line, in the words of the last failure; empty while there is one.
        connects: lines that were up.
        looks: calls of ``on_look``.
        frames_refused: frames that could not be read.
        frames_unknown: binary frames, and frames of a type that is not known here.
        sent: frames that were sent, by their type; the broker acknowledges none (contract 8.1).
        pushes: pushes that came, by their type.
        dropped: frames that were not taken in, or forgotten with their line, by ``control`` and ``telemetry``.
        waiting: frames that wait to be sent.
    """

    phase: Phase
    error: str
    connects: int
    looks: int
    frames_refused: int
    frames_unknown: int
    sent: Mapping[str, int]
    pushes: Mapping[str, int]
    dropped: Mapping[str, int]
    waiting: int
