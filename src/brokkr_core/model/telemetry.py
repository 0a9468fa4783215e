"""What agents streamed of their clusters, as far back as the broker keeps it: six hours (contract 4.14, 7.1)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.broker import AnyJson, Uuid
from brokkr_core.model.sized import sized


@frozen(kw_only=True)
class Retention:
    """How far back a history can go, in seconds; ``oldest_available_ts`` is None when there is nothing."""

    retention_ceiling_seconds: int
    effective_retention_seconds: int
    long_term_sink_hint: str
    oldest_available_ts: datetime | None = None


@frozen(kw_only=True)
class ClusterEvent:
    """An event of a cluster about something a stack brought."""

    id: Uuid
    agent_id: Uuid
    stack_id: Uuid
    observed_at: datetime
    reason: str
    message: str
    event_type: str
    involved_object: AnyJson
    source: str | None = None


@frozen(kw_only=True)
class PodLine:
    """A line that a pod of a stack wrote; it may hold anything and is never shown in a ``repr``."""

    id: Uuid
    agent_id: Uuid
    stack_id: Uuid
    namespace: str
    pod: str
    container: str
    ts: datetime
    line: str = field(repr=sized)


@frozen(kw_only=True)
class EventHistory:
    """Events of clusters about a stack, newest first."""

    retention: Retention
    events: tuple[ClusterEvent, ...]


@frozen(kw_only=True)
class LogHistory:
    """Lines of a stack's pods, newest first."""

    retention: Retention
    lines: tuple[PodLine, ...]
