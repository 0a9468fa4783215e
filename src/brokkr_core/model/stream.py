"""What an agent tells of its cluster as it happens: events, log lines, and what of them was lost (contract 8.4)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from brokkr_core.model.broker import Uuid
from brokkr_core.model.sized import sized


@frozen(kw_only=True)
class InvolvedObject:
    """The object that an event of Kubernetes is about."""

    api_version: str
    kind: str
    namespace: str | None = None
    name: str
    uid: str | None = None


@frozen(kw_only=True)
class K8sEvent:
    """An event of Kubernetes about an object of a stack. ``event_type`` is ``Normal`` or ``Warning``."""

    stack_id: Uuid
    observed_at: datetime
    reason: str
    message: str
    event_type: str = "Normal"
    source: str | None = None
    involved_object: InvolvedObject


@frozen(kw_only=True)
class PodLogLine:
    """One line that a container of a stack wrote. The line is never in the ``repr``: it may hold anything."""

    stack_id: Uuid
    namespace: str
    pod: str
    container: str
    ts: datetime
    line: str = field(repr=sized)


class GapReason(StrEnum):
    """Why log lines were lost."""

    RATE_LIMIT = "rate_limit"
    BUFFER_FULL = "buffer_full"
    DISCONNECTED = "disconnected"


@frozen(kw_only=True)
class LogGap:
    """How many log lines of a stack were lost since a moment, and why."""

    stack_id: Uuid
    since_ts: datetime
    dropped_count: int
    reason: GapReason


@frozen(kw_only=True)
class Told:
    """What was told about a stack to who follows it live (contract 7.2).

    Args:
        agent_id: which agent told it; None for a gap that the broker made itself, because the follower is too slow.
        what: the event, the line or the gap.
    """

    agent_id: Uuid | None
    what: K8sEvent | PodLogLine | LogGap
