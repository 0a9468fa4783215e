"""Frames from the broker: read strictly, believed in nothing but that something has changed (contract 8.3)."""

from __future__ import annotations

from typing import TypeVar

from attrs import frozen

from brokkr_core.broker.channel.looks import Reason
from brokkr_core.broker.codec import structure
from brokkr_core.broker.jsontext import parse_json
from brokkr_core.errors import DecodeError
from brokkr_core.model.broker import AgentTarget, Stack, Uuid
from brokkr_core.model.json import Json

T = TypeVar("T")


@frozen(kw_only=True)
class _Envelope:
    type: str


@frozen(kw_only=True)
class _WorkOrderHint:
    """What of a pushed work order is looked at; the order itself is asked for, and claimed, by REST."""

    id: Uuid
    work_type: str


@frozen(kw_only=True)
class _WorkOrderFrame:
    body: _WorkOrderHint


@frozen(kw_only=True)
class _TargetFrame:
    body: AgentTarget


@frozen(kw_only=True)
class _StackFrame:
    body: Stack


_PUSHES: dict[str, tuple[Reason, type[object]]] = {
    "work_order": (Reason.WORK_ORDER, _WorkOrderFrame),
    "target_changed": (Reason.TARGET_CHANGED, _TargetFrame),
    "stack_changed": (Reason.STACK_CHANGED, _StackFrame),
}


def read_push(frame: str) -> Reason | None:
    """Read a text frame of the broker.

    Args:
        frame: the whole frame.

    Returns:
        Why it is worth to look; None for a type that is not known here, which a newer broker may send.

    Raises:
        DecodeError: it is no JSON, no envelope, or a known type with another body; every fault is listed, no value
            is quoted.
    """
    value = parse_json(frame.encode("utf-8", "surrogatepass"))
    kind = structured("frame", _Envelope, value).type
    if kind not in _PUSHES:
        return None
    reason, model = _PUSHES[kind]
    structured(f"{kind} frame", model, value)
    return reason


def structured(what: str, model: type[T], value: Json) -> T:
    """Structure a value, and call it by the frame it came in.

    Args:
        what: for the message, such as ``stack_changed frame``.
        model: what is due.
        value: what came.

    Returns:
        The value.

    Raises:
        DecodeError: it is something else.
    """
    try:
        return structure(model, value)
    except DecodeError as error:
        raise DecodeError(what, error.faults) from None
