"""Frames of a live tail: what agents tell of a stack, and how the agents of a fleet are (contract 7.2, 7.3, 8.5)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from brokkr_core.broker.channel.incoming import structured
from brokkr_core.broker.channel.outgoing import NIL_ID
from brokkr_core.broker.jsontext import parse_json
from brokkr_core.errors import DecodeError
from brokkr_core.model.broker import Uuid
from brokkr_core.model.fleet import FleetAgent
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.stream import K8sEvent, LogGap, PodLogLine, Told


@frozen(kw_only=True)
class _Sender:
    agent_id: Uuid


_ABOUT_STACKS: Mapping[str, type[K8sEvent | PodLogLine | LogGap]] = {
    "k8s_event": K8sEvent,
    "pod_log_line": PodLogLine,
    "log_gap": LogGap,
}


def read_told(frame: str) -> Told | None:
    """Read a text frame of the tail of a stack.

    Args:
        frame: the whole frame.

    Returns:
        What was told, and by which agent; None for a type that is not known here.

    Raises:
        DecodeError: it is no JSON, no envelope, or a known type with another body; no value is quoted.
    """
    kind, body = _opened(frame)
    model = _ABOUT_STACKS.get(kind)
    if model is None:
        return None
    sender = structured(f"{kind} frame", _Sender, body).agent_id
    return Told(agent_id=None if sender == NIL_ID else sender, what=structured(f"{kind} frame", model, body))


def read_fleet_update(frame: str) -> FleetAgent | None:
    """Read a text frame of the tail of the fleet; arguments, result and errors as for :func:`read_told`."""
    kind, body = _opened(frame)
    return structured(f"{kind} frame", FleetAgent, body) if kind == "fleet_update" else None


def _opened(frame: str) -> tuple[str, JsonObject]:
    envelope = as_object(parse_json(frame.encode("utf-8", "surrogatepass")))
    kind, body = envelope.get("type"), envelope.get("body")
    if not isinstance(kind, str) or not isinstance(body, dict):
        raise DecodeError("frame", ["expected an object with a type and a body, got something else @ $"])
    return kind, body
