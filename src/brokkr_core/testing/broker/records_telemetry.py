"""Rows of what agents stream: events of clusters and lines of pods (contract 4.14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.json import Json
from brokkr_core.model.sized import sized
from brokkr_core.testing.broker.records import Row


@frozen(kw_only=True)
class K8sEventRow(Row):
    """An event of a cluster about something a stack brought."""

    agent_id: str
    stack_id: str
    observed_at: datetime
    reason: str
    message: str
    event_type: str
    source: str | None = None
    involved_object: Mapping[str, Json]
    created_at: datetime


@frozen(kw_only=True)
class PodLogRow(Row):
    """A line that a pod of a stack wrote."""

    agent_id: str
    stack_id: str
    namespace: str
    pod: str
    container: str
    ts: datetime
    line: str = field(repr=sized)
    created_at: datetime
