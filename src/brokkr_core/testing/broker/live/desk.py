"""Everything about WebSockets that a broker process needs, without a socket."""

from __future__ import annotations

from collections import deque

from attrs import frozen

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker.auth import Doorkeeper
from brokkr_core.testing.broker.errors import RefusedError
from brokkr_core.testing.broker.fleet import announce
from brokkr_core.testing.broker.live.board import Board
from brokkr_core.testing.broker.live.gate import Gate
from brokkr_core.testing.broker.live.inbound import Heard, hear
from brokkr_core.testing.broker.live.wires import AgentWire, Wire
from brokkr_core.testing.broker.sources import Sources

#: Frames that are remembered for who tests; the oldest is forgotten first.
_REMEMBERED = 10_000


@frozen(kw_only=True)
class LoggedFrame:
    """A frame of an agent and what became of it.

    Args:
        agent_id: whose WebSocket it came over.
        kind: its type; empty when it was dropped.
        problem: why it was dropped, else empty.
    """

    agent_id: str
    kind: str = ""
    problem: str = ""


class LiveDesk:
    """Opens WebSockets and takes what comes over them. Not safe for several threads at once.

    Args:
        door: tells who is asking.
        sources: time and ids.
    """

    def __init__(self, door: Doorkeeper, sources: Sources) -> None:
        self._state = door.state
        self._sources = sources
        self._gate = Gate(door=door, sources=sources)
        self.board = Board()
        self.frames: deque[LoggedFrame] = deque(maxlen=_REMEMBERED)

    def open(self, request: Request) -> Wire | Response:
        """Answer a request for an upgrade: with a WebSocket, or with a refusal."""
        try:
            wire = self._gate.open(request)
        except RefusedError as refused:
            return refused.response
        self.board.seat(wire)
        self._announce(wire)
        return wire

    def receive(self, wire: Wire, text: str) -> None:
        """Take a text frame; what live consumers say is ignored, as binary frames are by the adapter."""
        if not isinstance(wire, AgentWire):
            return
        heard = Heard(
            text=text,
            agent_id=wire.agent_id,
            now=self._sources.now(),
            new_id=self._sources.new_id,
            state=self._state,
            board=self.board,
        )
        try:
            self.frames.append(LoggedFrame(agent_id=wire.agent_id, kind=hear(heard)))
            wire.messages_in += 1
        except RefusedError as refused:
            # What was understood counts, whatever became of it (measured); what was not has no code.
            wire.messages_in += refused.response.content_type == "application/json"
            self.frames.append(LoggedFrame(agent_id=wire.agent_id, problem=refused.response.body.decode()))
        except ValueError as error:
            self.frames.append(LoggedFrame(agent_id=wire.agent_id, problem=str(error)))

    def leave(self, wire: Wire) -> None:
        """Hear that a WebSocket is gone."""
        self.board.leave(wire)
        self._announce(wire)

    def _announce(self, wire: Wire) -> None:
        if isinstance(wire, AgentWire):
            announce(self._state, self.board, wire.agent_id, self._sources.now())
