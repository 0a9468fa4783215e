"""All agents at a glance and everything they reported (contract 6.6 and 6.7)."""

from __future__ import annotations

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.ask import ask
from brokkr_core.broker.endpoints.query import query_of
from brokkr_core.broker.operations import Caller
from brokkr_core.model.broker import AgentEvent
from brokkr_core.model.fleet import FleetAgent, FleetStatus


class Fleet:
    """What an operator wants to know of all agents (admin only)."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, *, generator_id: str | None = None) -> tuple[FleetAgent, ...]:
        """List agents with what is due with them.

        Args:
            generator_id: only the agents registered with this generator.

        Returns:
            The agents; none for an unknown generator.
        """
        return ask(self._caller, operations.FLEET_LIST, tuple[FleetAgent, ...], query=query_of(pak_id=generator_id))

    def status(self, agent_id: str) -> FleetStatus:
        """Read one agent and its last events; 404 ``agent_not_found``."""
        return ask(self._caller, operations.AGENT_FLEET_STATUS, FleetStatus, agent_id=agent_id)

    def events(self, *, generator_id: str | None = None) -> tuple[AgentEvent, ...]:
        """List the events of all agents, newest first.

        Args:
            generator_id: only events about objects of this generator's stacks.

        Returns:
            The events.
        """
        return ask(self._caller, operations.EVENT_LIST, tuple[AgentEvent, ...], query=query_of(pak_id=generator_id))

    def event(self, event_id: str) -> AgentEvent:
        """Read one event; 404 ``agent_event_not_found``."""
        return ask(self._caller, operations.EVENT_GET, AgentEvent, event_id=event_id)
