"""Who says it to the broker, as far as telemetry needs to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from brokkr_core.broker.channel import Outgoing


class Speaker(Protocol):
    """Says what need not be certain; ``brokkr_agent.early.Voice`` is one."""

    @property
    def up(self) -> bool:
        """Whether somebody hears it."""

    def send(self, said: Outgoing, /) -> bool:
        """Say something without waiting; tell whether it will be sent."""


@frozen(kw_only=True)
class OnlyWhile:
    """Says something only while something else is true, too.

    Args:
        voice: says it.
        wanted: whether it is to be said.
    """

    voice: Speaker
    wanted: Callable[[], bool]

    @property
    def up(self) -> bool:
        """Whether somebody hears it and it is to be said."""
        return self.wanted() and self.voice.up

    def send(self, said: Outgoing, /) -> bool:
        """Say something, or let it go."""
        return self.wanted() and self.voice.send(said)
