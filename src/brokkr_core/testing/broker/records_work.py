"""Rows of what an agent is asked to do: work orders and diagnostics (contract 4.7 to 4.9)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.sized import sized
from brokkr_core.testing.broker.records import PRIVATE, Row


@frozen(kw_only=True)
class WorkOrderRow(Row):
    """A work order that is not finished (contract 4.7), with whom it is for."""

    created_at: datetime
    updated_at: datetime
    work_type: str
    yaml_content: str = field(repr=sized)
    status: str = "PENDING"
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    claim_timeout_seconds: int = 3600
    max_retries: int = 3
    retry_count: int = 0
    backoff_seconds: int = 60
    next_retry_after: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    for_agents: tuple[str, ...] = field(default=(), metadata=PRIVATE)
    for_labels: tuple[str, ...] = field(default=(), metadata=PRIVATE)
    for_annotations: tuple[tuple[str, str], ...] = field(default=(), metadata=PRIVATE)


@frozen(kw_only=True)
class WorkOrderLogRow(Row):
    """A finished work order, under the id it had (contract 4.8)."""

    work_type: str
    created_at: datetime
    claimed_at: datetime | None
    completed_at: datetime
    claimed_by: str | None
    success: bool
    retries_attempted: int
    result_message: str | None
    yaml_content: str = field(repr=sized)


@frozen(kw_only=True)
class DiagnosticRow(Row):
    """A request for diagnostics of one object on one agent (contract 4.9)."""

    agent_id: str
    deployment_object_id: str
    status: str = "pending"
    requested_by: str | None = None
    created_at: datetime
    claimed_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime


@frozen(kw_only=True)
class DiagnosticResultRow(Row):
    """What an agent found out; three texts that hold JSON (contract 4.9)."""

    request_id: str
    pod_statuses: str = field(repr=sized)
    events: str = field(repr=sized)
    log_tails: str | None = field(repr=sized)
    collected_at: datetime
    created_at: datetime
