"""Several witnesses as one."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from brokkr_agent.agent import Witness
from brokkr_agent.verdicts import Attempt
from brokkr_core.model.broker import Agent as AgentRecord
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.events import Event, Observer, silent
from brokkr_core.model.outcome import Report


class Indifferent:
    """Hears everything and does nothing; for who wants to hear only some of it."""

    def introduced(self, me: AgentRecord, /) -> None:
        """Hear who we are."""

    def began(self, stack_id: str, revision: DeploymentObject | None, /) -> None:
        """Hear that an attempt at a revision begins."""

    def observer(self, _stack_id: str, /) -> Observer:
        """Make the observer of one run of a stack, which begins now."""
        return silent

    def ended(self, attempt: Attempt, /) -> None:
        """Hear how an attempt ended."""

    def removed(self, stack_id: str, report: Report | None, message: str, /) -> None:
        """Hear how the removal of a stack ended."""

    def interrupted(self, stack_id: str, /) -> None:
        """Hear that an attempt is left as it is."""

    def named(self, stack_ids: AbstractSet[str], /) -> None:
        """Hear which stacks the broker names."""


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

    def began(self, stack_id: str, revision: DeploymentObject | None, /) -> None:
        """Hear that an attempt at a revision begins."""
        for one in self._all:
            one.began(stack_id, revision)

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

    def removed(self, stack_id: str, report: Report | None, message: str, /) -> None:
        """Hear how the removal of a stack ended."""
        for one in self._all:
            one.removed(stack_id, report, message)

    def interrupted(self, stack_id: str, /) -> None:
        """Hear that an attempt is left as it is."""
        for one in self._all:
            one.interrupted(stack_id)

    def named(self, stack_ids: AbstractSet[str], /) -> None:
        """Hear which stacks the broker names."""
        for one in self._all:
            one.named(stack_ids)
