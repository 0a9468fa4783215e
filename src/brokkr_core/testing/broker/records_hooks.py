"""Rows of webhooks and of the audit log (contract 4.12 and 4.15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.json import Json
from brokkr_core.model.sized import sized
from brokkr_core.testing.broker.records import OMIT_NULL, Row


@frozen(kw_only=True)
class SubscriptionRow(Row):
    """A webhook subscription; its URL and its auth header never leave the broker but towards an agent."""

    name: str
    url: str = field(repr=False)
    auth_header: str | None = field(default=None, repr=False)
    event_types: tuple[str, ...]
    filters: Mapping[str, str] | None = None
    target_labels: tuple[str, ...] | None = None
    enabled: bool = True
    max_retries: int = 5
    timeout_seconds: int = 30
    created_at: datetime
    updated_at: datetime
    created_by: str | None = None


@frozen(kw_only=True)
class DeliveryRow(Row):
    """One event on its way to one subscriber, as the operator sees it (contract 4.12)."""

    subscription_id: str
    event_type: str
    event_id: str
    payload: str = field(repr=sized)
    target_labels: tuple[str, ...] | None
    status: str = "pending"
    acquired_by: str | None = None
    acquired_until: datetime | None = None
    attempts: int = 0
    last_attempt_at: datetime | None = None
    next_retry_at: datetime | None = None
    last_error: str | None = None
    created_at: datetime
    completed_at: datetime | None = None


@frozen(kw_only=True)
class AuditRow(Row):
    """Who did what (contract 4.15)."""

    timestamp: datetime
    actor_type: str
    actor_id: str | None
    action: str
    resource_type: str
    resource_id: str | None = None
    details: Mapping[str, Json] | None = None
    ip_address: str | None = field(default=None, metadata=OMIT_NULL)
    user_agent: str | None = field(default=None, metadata=OMIT_NULL)
    created_at: datetime
