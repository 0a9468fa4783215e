"""Who is connected to this broker process: another process has a board of its own (contract 8.1)."""

from __future__ import annotations

from datetime import datetime

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker.live.wires import NIL_ID, AgentWire, TailWire, Wire, frame
from brokkr_core.testing.broker.records import Row, StackRow, TargetRow
from brokkr_core.testing.broker.wire import row_json


class Board:
    """The open WebSockets of one broker process."""

    def __init__(self) -> None:
        self._agents: dict[str, AgentWire] = {}
        self._tails: list[TailWire] = []

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents that are connected."""
        return tuple(self._agents)

    @property
    def wires(self) -> tuple[AgentWire, ...]:
        """The WebSockets of agents that are not about to be closed."""
        return tuple(wire for wire in self._agents.values() if not wire.closed)

    @property
    def followers(self) -> int:
        """How many follow a stack or the fleet."""
        return len(self._tails)

    def connected_since(self, agent_id: str) -> datetime | None:
        """Return when an agent's WebSocket was opened, or None when there is none."""
        wire = self._agents.get(agent_id)
        return wire.since if wire is not None else None

    def seat(self, wire: Wire) -> None:
        """Let a WebSocket in; an agent's older one is closed (contract 8.1)."""
        if isinstance(wire, TailWire):
            self._tails.append(wire)
        elif isinstance(wire, AgentWire):
            older = self._agents.get(wire.agent_id)
            self._agents[wire.agent_id] = wire
            if older is not None:
                older.close()

    def leave(self, wire: Wire) -> None:
        """Forget a WebSocket; one whose place was taken changes nothing any more."""
        wire.closed = True
        self._tails = [one for one in self._tails if one is not wire]
        self._agents = {agent_id: one for agent_id, one in self._agents.items() if one is not wire}

    def kick(self, agent_id: str) -> None:
        """Close an agent's WebSocket, as rotation and deletion do (contract 2.7)."""
        wire = self._agents.get(agent_id)
        if wire is not None:
            wire.close()

    def target_added(self, target: TargetRow) -> None:
        """Tell an agent that it was given a stack."""
        self.push(target.agent_id, "target_changed", target)

    def deregistered(self, agent_id: str) -> None:
        """Tell an agent that it left a generator: a target of nothing (contract 8.3)."""
        self.push(agent_id, "target_changed", TargetRow(id=NIL_ID, agent_id=agent_id, stack_id=NIL_ID))

    def object_posted(self, stack: StackRow, agent_ids: list[str]) -> None:
        """Tell agents that a stack of theirs has a new object.

        Args:
            stack: the stack.
            agent_ids: who was explicitly given it; those it only matches are told nothing (contract 8.3).
        """
        for agent_id in agent_ids:
            self.push(agent_id, "stack_changed", stack)

    def push(self, agent_id: str, kind: str, row: Row) -> None:
        """Push a row to an agent, if it is connected here."""
        wire = self._agents.get(agent_id)
        if wire is not None:
            wire.push(frame(kind, row_json(row)))

    def fan_out(self, stack_id: str, text: str) -> None:
        """Pass a frame on to who follows a stack."""
        for wire in self._tails:
            if wire.stack_id == stack_id:
                wire.push(text)

    @property
    def fleet_is_watched(self) -> bool:
        """Whether anybody follows the fleet."""
        return any(not wire.stack_id for wire in self._tails)

    def tell_fleet(self, record: JsonObject) -> None:
        """Tell who follows the fleet about one agent."""
        for wire in self._tails:
            if not wire.stack_id:
                wire.push(frame("fleet_update", record))
