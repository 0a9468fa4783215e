"""One open WebSocket as the broker sees it: what waits for the other side. No socket in sight."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from datetime import datetime

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.broker.wire import timestamp

#: Frames that wait for one agent (contract 8.1).
CONTROL_LIMIT = 64
#: Frames that wait for one live consumer (contract 7.2).
TAIL_LIMIT = 1024

NIL_ID = "00000000-0000-0000-0000-000000000000"


def frame(kind: str, body: Json) -> str:
    """Write a frame: an envelope of two members (contract 8.2)."""
    return json.dumps({"type": kind, "body": body}, separators=(",", ":"), ensure_ascii=False)


class Wire:
    """What all open WebSockets have in common; an adapter sets ``wake`` and empties it by ``take``."""

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None
        self.closed = False

    def take(self) -> str | None:
        """Return the next frame to send, or None."""
        raise NotImplementedError

    def close(self) -> None:
        """Let the broker end this WebSocket."""
        self.closed = True
        self.wake()


class AgentWire(Wire):
    """An agent's WebSocket.

    Args:
        agent_id: whose it is.
        since: when it was opened.
    """

    def __init__(self, agent_id: str, since: datetime) -> None:
        super().__init__()
        self.agent_id = agent_id
        self.since = since
        self.messages_in = 0
        self.messages_out = 0
        self._control: deque[str] = deque()

    def push(self, text: str) -> None:
        """Put a frame into the control lane; a full lane drops it, since polling catches up (contract 8.1)."""
        if not self.closed and len(self._control) < CONTROL_LIMIT:
            self._control.append(text)
            self.wake()

    def take(self) -> str | None:
        """Return the next frame to send, or None."""
        if not self._control:
            return None
        self.messages_out += 1
        return self._control.popleft()


class TailWire(Wire):
    """A live consumer's WebSocket: a slow reader loses the oldest frames.

    Args:
        stack_id: whose tail it is, which is told of losses; empty for the fleet's, which is not.
        now: for the time of a loss.
    """

    def __init__(self, stack_id: str, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.stack_id = stack_id
        self._now = now
        self._frames: deque[str] = deque()
        self._lost = 0
        self._lost_since: datetime | None = None

    def push(self, text: str) -> None:
        """Put a frame behind those that wait."""
        if len(self._frames) >= TAIL_LIMIT:
            self._frames.popleft()
            self._lost += 1
            self._lost_since = self._lost_since or self._now()
        self._frames.append(text)
        self.wake()

    def take(self) -> str | None:
        """Return the next frame to send, or None; a loss is told first, in the name of no agent (contract 7.2)."""
        lost, since = self._lost, self._lost_since
        self._lost, self._lost_since = 0, None
        if since is not None and self.stack_id:
            body: JsonObject = {
                "agent_id": NIL_ID,
                "stack_id": self.stack_id,
                "since_ts": timestamp(since),
                "dropped_count": lost,
                "reason": "buffer_full",
            }
            return frame("log_gap", body)
        return self._frames.popleft() if self._frames else None
