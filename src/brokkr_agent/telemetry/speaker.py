"""Who says it to the broker, as far as telemetry needs to know."""

from __future__ import annotations

from typing import Protocol

from brokkr_core.broker.channel import Outgoing


class Speaker(Protocol):
    """Says what need not be certain; ``brokkr_agent.early.Voice`` is one."""

    @property
    def up(self) -> bool:
        """Whether somebody hears it."""

    def send(self, said: Outgoing, /) -> bool:
        """Say something without waiting; tell whether it will be sent."""
