"""Who may open which WebSocket (contract 7.2, 7.3, 8.1)."""

from __future__ import annotations

import re
from datetime import datetime

from attrs import evolve, frozen

from brokkr_core.model.broker import Identity
from brokkr_core.model.http import Request
from brokkr_core.testing.broker.auth import Doorkeeper
from brokkr_core.testing.broker.decode import parse_uuid
from brokkr_core.testing.broker.errors import RefusedError, refuse_empty, refuse_text
from brokkr_core.testing.broker.live.wires import AgentWire, TailWire, Wire
from brokkr_core.testing.broker.sources import Sources

AGENT_PATH = "/internal/ws/agent"
FLEET_PATH = "/api/v1/fleet/live"
_STACK_PATH = re.compile(r"/api/v1/stacks/([^/]+)/live")

#: What a browser offers, which cannot set a header; only the second one is ever selected (contract 7.2).
PAK_PROTOCOL = "brokkr.pak."
PROTOCOL = "brokkr.v1"


def is_live(path: str) -> bool:
    """Whether a path is one of a WebSocket."""
    return path in (AGENT_PATH, FLEET_PATH) or _STACK_PATH.fullmatch(path) is not None


@frozen(kw_only=True)
class Gate:
    """Lets WebSockets in.

    Args:
        door: tells who is asking.
        sources: the time.
    """

    door: Doorkeeper
    sources: Sources

    def open(self, request: Request) -> Wire:
        """Answer a request for an upgrade.

        Args:
            request: its path is one of a WebSocket.

        Returns:
            The WebSocket, which has no seat yet.

        Raises:
            RefusedError: with what the client gets instead: 401 and 403 without a body.
        """
        now = self.sources.now()
        if request.path == AGENT_PATH:
            return _agent_wire(self.door.identify(request, now), now)
        caller = self.door.identify(_with_offered_pak(request), now)
        if request.path == FLEET_PATH:
            if not caller.admin:
                raise refuse_empty(403)
            return TailWire("", self.sources.now)
        return TailWire(self._followed(request.path, caller), self.sources.now)

    def _followed(self, path: str, caller: Identity) -> str:
        place = _STACK_PATH.fullmatch(path)
        stack_id = parse_uuid(place[1]) if place is not None else None
        if stack_id is None:
            raise refuse_text(400, "Invalid URL: Cannot parse `id`: not a UUID")
        stack = self.door.state.stacks.live(stack_id)
        if not caller.admin and (stack is None or caller.generator != stack.generator_id):
            raise refuse_empty(403)
        # Nobody looks whether the stack of an admin is there (measured).
        return stack_id


def no_upgrade() -> RefusedError:
    """Make the refusal of an ordinary request for a WebSocket's path."""
    return refuse_text(400, "Connection header did not include 'upgrade'")


def _agent_wire(caller: Identity, now: datetime) -> AgentWire:
    if caller.agent is None:
        raise refuse_empty(403)
    return AgentWire(caller.agent, now)


def _with_offered_pak(request: Request) -> Request:
    offered = [word.strip() for word in request.headers.get("sec-websocket-protocol", "").split(",")]
    paks = [word.removeprefix(PAK_PROTOCOL) for word in offered if word.startswith(PAK_PROTOCOL)]
    if not paks or "authorization" in request.headers:
        return request
    return evolve(request, headers={**request.headers, "authorization": f"Bearer {paks[0]}"})
