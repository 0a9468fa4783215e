"""What agents are asked to do beside deploying: work orders and diagnostics (contract 4.7 to 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.broker import Uuid
from brokkr_core.model.sized import sized


@frozen(kw_only=True)
class Targeting:
    """Whom a work order is for: an agent that one of these names, or that shares one of them (contract 6.8)."""

    agent_ids: tuple[Uuid, ...] = ()
    labels: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class NewWorkOrder:
    """A work order to put up; times are in seconds, retries come after the first try."""

    work_type: str
    yaml_content: str = field(repr=sized)
    targeting: Targeting
    max_retries: int = 3
    backoff_seconds: int = 60
    claim_timeout_seconds: int = 3600


@frozen(kw_only=True)
class WorkOrder:
    """A work order (contract 4.7).

    ``status`` is PENDING, CLAIMED or RETRY_PENDING; COMPLETED or FAILED when it was put together from the log, and
    then the three numbers are 0.
    """

    id: Uuid
    work_type: str
    yaml_content: str = field(repr=sized)
    status: str
    claim_timeout_seconds: int
    max_retries: int
    retry_count: int
    backoff_seconds: int
    claimed_by: Uuid | None = None
    claimed_at: datetime | None = None
    next_retry_after: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    created_at: datetime | None = None


@frozen(kw_only=True)
class WorkOrderLog:
    """A finished work order, under the id it had (contract 4.8)."""

    id: Uuid
    work_type: str
    success: bool
    retries_attempted: int
    yaml_content: str = field(repr=sized)
    completed_at: datetime
    claimed_by: Uuid | None = None
    claimed_at: datetime | None = None
    result_message: str | None = None
    created_at: datetime | None = None


@frozen(kw_only=True)
class WorkResult:
    """How a try at a work order ended; ``retryable`` counts for failures only."""

    success: bool
    message: str | None = None
    retryable: bool = True


@frozen(kw_only=True)
class DiagnosticRequest:
    """A request for diagnostics of one object on one agent (contract 4.9).

    ``status`` is pending, claimed, completed, failed or expired.
    """

    id: Uuid
    agent_id: Uuid
    deployment_object_id: Uuid
    status: str
    expires_at: datetime
    requested_by: str | None = None
    created_at: datetime | None = None
    claimed_at: datetime | None = None
    completed_at: datetime | None = None


@frozen(kw_only=True)
class NewDiagnosticResult:
    """What an agent found: texts that hold JSON, of the shapes in contract 5.10; may hold logs, so never shown."""

    pod_statuses: str = field(repr=sized)
    events: str = field(repr=sized)
    log_tails: str | None = field(default=None, repr=sized)
    collected_at: datetime


@frozen(kw_only=True)
class DiagnosticResult:
    """What an agent found, as the broker keeps it (contract 4.9)."""

    id: Uuid
    request_id: Uuid
    pod_statuses: str = field(repr=sized)
    events: str = field(repr=sized)
    log_tails: str | None = field(default=None, repr=sized)
    collected_at: datetime


@frozen(kw_only=True)
class Diagnosis:
    """A request and its result, once there is one (contract 6.6)."""

    request: DiagnosticRequest
    result: DiagnosticResult | None = None
