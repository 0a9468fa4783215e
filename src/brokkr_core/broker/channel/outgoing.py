"""Frames to the broker: what can be said over the channel, as one JSON text each (contract 8.2, 8.4)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TypeAlias

from attrs import asdict, frozen

from brokkr_core.broker.channel.lanes import Lane, Parcel
from brokkr_core.broker.codec import encode
from brokkr_core.broker.endpoints.agent_events import sendable
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import HeartbeatReport, NewAgentEvent, ObjectHealth
from brokkr_core.model.stream import K8sEvent, LogGap, PodLogLine

#: Everything an agent can say.
Outgoing: TypeAlias = HeartbeatReport | NewAgentEvent | ObjectHealth | K8sEvent | PodLogLine | LogGap

#: The broker makes an id of its own (contract 8.4).
NIL_ID = "00000000-0000-0000-0000-000000000000"

_HEALTH = frozenset({"healthy", "degraded", "failing", "unknown"})


@frozen(kw_only=True)
class Packer:
    """Turns what an agent says into parcels for its lanes.

    Args:
        agent_id: whose channel it is; the broker drops what names another agent.
        frame_bytes: how large a frame may be.
    """

    agent_id: str
    frame_bytes: int

    def pack(self, said: Outgoing, now: datetime) -> Parcel:
        """Write a frame.

        Args:
            said: what to say.
            now: the time, with time zone.

        Returns:
            The frame with its lane.

        Raises:
            UsageError: the broker would drop it without a word: another agent, a status it does not know, a frame
                that is too large, a time without zone.
        """
        kind, lane, key, members = self._frame(said, now)
        text = encode({"type": kind, "body": members}).decode()
        size = len(text.encode())
        if size > self.frame_bytes:
            raise UsageError(f"{kind} frame: has {size} bytes, {self.frame_bytes} are allowed; shorten it")
        stack_id = said.stack_id if isinstance(said, PodLogLine | K8sEvent | LogGap) else ""
        frames = said.dropped_count if isinstance(said, LogGap) else 1
        return Parcel(text=text, size=size, lane=lane, key=key, line_of=stack_id, kind=kind, frames=frames)

    def _frame(self, said: Outgoing, now: datetime) -> tuple[str, Lane, str, dict[str, object]]:
        mine = {"agent_id": self.agent_id}
        match said:
            case HeartbeatReport():
                report = {**mine, "sent_at": now, **asdict(said)}
                return "heartbeat", Lane.CONTROL, "heartbeat", report
            case NewAgentEvent():
                return "agent_event", Lane.CONTROL, "", self._event(said, now)
            case ObjectHealth():
                return "agent_health", Lane.CONTROL, f"health {said.id}", self._health(said, now)
            case K8sEvent():
                return "k8s_event", Lane.TELEMETRY, "", {**mine, **asdict(said)}
            case PodLogLine():
                return "pod_log_line", Lane.TELEMETRY, "", {**mine, **asdict(said)}
            case LogGap():
                return "log_gap", Lane.TELEMETRY, "", {**mine, **asdict(said)}

    def _event(self, event: NewAgentEvent, now: datetime) -> dict[str, object]:
        if event.agent_id != self.agent_id:
            raise UsageError(f"event of agent {event.agent_id}: this is the channel of agent {self.agent_id}")
        return {**_stamps(now), "deleted_at": None, **asdict(sendable(event))}

    def _health(self, health: ObjectHealth, now: datetime) -> dict[str, object]:
        if health.status not in _HEALTH:
            raise UsageError(f"health status {health.status[:40]!r}: the broker knows {', '.join(sorted(_HEALTH))}")
        summary = None if health.summary is None else json.dumps(asdict(health.summary), separators=(",", ":"))
        return {
            **_stamps(now),
            "agent_id": self.agent_id,
            "deployment_object_id": health.id,
            "status": health.status,
            "summary": summary,
            "checked_at": health.checked_at,
        }


def _stamps(now: datetime) -> dict[str, object]:
    return {"id": NIL_ID, "created_at": now, "updated_at": now}
