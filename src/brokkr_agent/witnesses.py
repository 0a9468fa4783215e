"""Several witnesses as one."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from brokkr_agent.agent import Witness
from brokkr_agent.verdicts import Attempt
from brokkr_core.model.broker import Agent as AgentRecord
from brokkr_core.model.events import Event, Observer


class Witnesses:
    """Tells everything to each of several witnesses, in their order.

    Args:
        witnesses: who hears it.
    """

    def __init__(self, *witnesses: Witness) -> None:
        self._all = witnesses

    def introduced(self, me: AgentRecord, /) -> None:
        """Hear who we are."""
        for one in self._all:
            one.introduced(me)

    def observer(self, stack_id: str, /) -> Observer:
        """Make the observer of one run of a stack, which begins now."""
        observers = [one.observer(stack_id) for one in self._all]

        def tell(event: Event, /) -> None:
            for observer in observers:
                observer(event)

        return tell

    def ended(self, attempt: Attempt, /) -> None:
        """Hear how an attempt ended."""
        for one in self._all:
            one.ended(attempt)

    def named(self, stack_ids: AbstractSet[str], /) -> None:
        """Hear which stacks the broker names."""
        for one in self._all:
            one.named(stack_ids)
