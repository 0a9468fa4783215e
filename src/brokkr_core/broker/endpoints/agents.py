"""Agents: their records, their life signs and what they are to run (contract 5.2 to 5.6 and 6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.agent_events import AgentEvents
from brokkr_core.broker.endpoints.agent_health import AgentHealth
from brokkr_core.broker.endpoints.ask import ask, tell
from brokkr_core.broker.endpoints.issued import CreatedAgentBody, IssuedAgent
from brokkr_core.broker.endpoints.marks import AgentAnnotations, AgentLabels, AgentTargets
from brokkr_core.broker.operations import Caller
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import Agent, DeploymentObject, HeartbeatReport, Registration, Stack
from brokkr_core.model.json import JsonObject


class Agents:
    """Agents, with ``events``, ``health``, ``labels``, ``annotations`` and ``targets``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.events = AgentEvents(caller)
        self.health = AgentHealth(caller)
        self.labels = AgentLabels(caller)
        self.annotations = AgentAnnotations(caller)
        self.targets = AgentTargets(caller)

    def get(self, agent_id: str) -> Agent:
        """Read one agent (itself, or admin).

        Args:
            agent_id: which one.

        Returns:
            The agent.

        Raises:
            BrokerError: 404 ``agent_not_found``.
        """
        return ask(self._caller, operations.AGENT_GET, Agent, agent_id=agent_id)

    def search(self, name: str, cluster_name: str) -> Agent:
        """Find an agent by its name and cluster (itself, or admin).

        Args:
            name: its name.
            cluster_name: its cluster's name.

        Returns:
            The agent.

        Raises:
            BrokerError: 404 ``agent_not_found``.
        """
        query = {"name": name, "cluster_name": cluster_name}
        return ask(self._caller, operations.AGENT_SEARCH, Agent, query=query)

    def list(self) -> tuple[Agent, ...]:
        """List agents: all for an admin, those registered with it for a generator; agents may not.

        Returns:
            The agents.
        """
        return ask(self._caller, operations.AGENT_LIST, tuple[Agent, ...])

    def create(self, name: str, cluster_name: str, *, generator_ids: Sequence[str] = ()) -> IssuedAgent:
        """Create an agent, INACTIVE at first (admin only).

        Args:
            name: at most 255 characters, unique within its cluster.
            cluster_name: at most 255 characters.
            generator_ids: generators to join at once.

        Returns:
            The agent and its PAK, told this once.

        Raises:
            BrokerError: 409 ``unique_violation``, 400 ``invalid_generator_id`` or ``invalid_agent``.
            BrokerUnreachableError: with ``sent`` true the agent may exist, its PAK lost: rotate it.
        """
        body = {"name": name, "cluster_name": cluster_name, "generator_ids": [*generator_ids]}
        created = ask(self._caller, operations.AGENT_CREATE, CreatedAgentBody, body=body)
        return IssuedAgent(agent=created.agent, pak=created.initial_pak)

    def update(
        self,
        agent_id: str,
        *,
        name: str | None = None,
        cluster_name: str | None = None,
        status: str | None = None,
    ) -> Agent:
        """Change an agent's name, cluster or status (itself, or admin); None leaves a field alone.

        Args:
            agent_id: which agent.
            name: its new name; its own search by name has to follow.
            cluster_name: its cluster's new name.
            status: ``ACTIVE`` lets the agent touch its cluster, anything else does not (contract 5.3).

        Returns:
            The changed agent.

        Raises:
            UsageError: nothing is to be changed.
            BrokerError: 409 ``unique_violation`` when the name is taken.
        """
        wanted = {"name": name, "cluster_name": cluster_name, "status": status}
        body = {key: value for key, value in wanted.items() if value is not None}
        if not body:
            raise UsageError("agents.update: give at least one of name, cluster_name, status")
        return ask(self._caller, operations.AGENT_UPDATE, Agent, body=body, agent_id=agent_id)

    def activate(self, agent_id: str) -> Agent:
        """Let an agent touch its cluster; returns the changed agent."""
        return self.update(agent_id, status="ACTIVE")

    def deactivate(self, agent_id: str) -> Agent:
        """Keep an agent from touching its cluster, from its next heartbeat on; returns the changed agent."""
        return self.update(agent_id, status="INACTIVE")

    def rotate(self, agent_id: str) -> IssuedAgent:
        """Give an agent a new PAK; the old one is dead at once (itself, or admin; contract 2.7).

        Args:
            agent_id: which agent.

        Returns:
            The agent and its new PAK, told this once: store it before anything else.

        Raises:
            BrokerUnreachableError: with ``sent`` true the agent may be locked out until an admin rotates
                its PAK again.
        """
        return ask(self._caller, operations.AGENT_ROTATE, IssuedAgent, agent_id=agent_id)

    def delete(self, agent_id: str) -> None:
        """Delete an agent; that it does not exist is fine. Nothing happens in its cluster (admin only).

        Args:
            agent_id: which agent.
        """
        tell(self._caller, operations.AGENT_DELETE, agent_id=agent_id)

    def heartbeat(self, agent_id: str, report: HeartbeatReport | None = None) -> None:
        """Say that the agent lives (its own PAK only, contract 5.5).

        Args:
            agent_id: which agent.
            report: how its cluster is; None leaves what was reported last.
        """
        nothing: JsonObject = {}
        body = nothing if report is None else report
        tell(self._caller, operations.AGENT_HEARTBEAT, body=body, agent_id=agent_id)

    def target_state(
        self, agent_id: str, *, mode: Literal["full", "incremental"] = "full"
    ) -> tuple[DeploymentObject, ...]:
        """Read what the agent is to run: the newest deployment object of every stack it is to have.

        Args:
            agent_id: which agent; the answer for an unknown one is empty, not 404.
            mode: ``incremental`` leaves out every object that has any event, FAILURE included, so absence
                says nothing there (contract 5.6). Only ``full`` tells what is wanted.

        Returns:
            The objects, newest first; checksums are not verified here, so that one changed object does not
            hide the others: see :func:`brokkr_core.broker.checksum.verify_checksum`.
        """
        return ask(
            self._caller,
            operations.AGENT_TARGET_STATE,
            tuple[DeploymentObject, ...],
            query={"mode": mode},
            agent_id=agent_id,
        )

    def stacks(self, agent_id: str) -> tuple[Stack, ...]:
        """Read which stacks the agent is to have, those without any deployment object included.

        Args:
            agent_id: which agent.

        Returns:
            The stacks, by id.
        """
        return ask(self._caller, operations.AGENT_STACKS, tuple[Stack, ...], agent_id=agent_id)

    def registrations(self, agent_id: str) -> tuple[Registration, ...]:
        """Read which generators the agent has joined.

        Args:
            agent_id: which agent.

        Returns:
            The registrations.
        """
        return ask(self._caller, operations.AGENT_REGISTRATIONS, tuple[Registration, ...], agent_id=agent_id)
