"""Webhooks: who is told what, and through whom (contract 4.12, 5.12, 6.10)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.broker import Uuid
from brokkr_core.model.sized import sized


@frozen(kw_only=True)
class WebhookFilters:
    """Only events whose data has these; None does not filter."""

    agent_id: Uuid | None = None
    stack_id: Uuid | None = None


@frozen(kw_only=True)
class NewWebhook:
    """A subscription to make; URL and auth header may be secrets and are never shown.

    ``event_types`` are names, ``*``, or ``prefix.*``. Without ``target_labels`` the broker delivers; with some, an
    agent that has them all does; with none at all, either. ``max_retries`` (0 to 10) counts tries, the first included.
    """

    name: str
    url: str = field(repr=False)
    event_types: tuple[str, ...]
    auth_header: str | None = field(default=None, repr=False)
    filters: WebhookFilters | None = None
    target_labels: tuple[str, ...] | None = None
    max_retries: int = 5
    timeout_seconds: int = 30


@frozen(kw_only=True)
class WebhookChanges:
    """What to change of a subscription; None leaves a member alone.

    An empty ``WebhookFilters`` takes filters away. Auth header and target labels cannot be taken away, only replaced:
    the broker reads a null as no change, so delete the subscription and make another one.
    """

    name: str | None = None
    url: str | None = field(default=None, repr=False)
    auth_header: str | None = field(default=None, repr=False)
    event_types: tuple[str, ...] | None = None
    filters: WebhookFilters | None = None
    target_labels: tuple[str, ...] | None = None
    enabled: bool | None = None
    max_retries: int | None = None
    timeout_seconds: int | None = None


@frozen(kw_only=True)
class Webhook:
    """A subscription as the broker shows it: without URL and auth header."""

    id: Uuid
    name: str
    has_url: bool
    has_auth_header: bool
    event_types: tuple[str, ...]
    enabled: bool
    max_retries: int
    timeout_seconds: int
    filters: WebhookFilters | None = None
    target_labels: tuple[str, ...] | None = None
    created_by: str | None = None
    created_at: datetime | None = None


@frozen(kw_only=True)
class WebhookTest:
    """That the receiver took the broker's test event."""

    success: bool
    status_code: int | None = None
    message: str | None = None


@frozen(kw_only=True)
class WebhookDelivery:
    """An event on its way, as an operator sees it; ``status`` is pending, acquired, success, failed or dead."""

    id: Uuid
    subscription_id: Uuid
    event_type: str
    event_id: Uuid
    payload: str = field(repr=sized)
    status: str
    attempts: int
    target_labels: tuple[str, ...] | None = None
    acquired_by: Uuid | None = None
    acquired_until: datetime | None = None
    last_attempt_at: datetime | None = None
    next_retry_at: datetime | None = None
    last_error: str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None


@frozen(kw_only=True)
class PendingDelivery:
    """A delivery that an agent has claimed and must report within 60 s; the payload is sent byte for byte."""

    id: Uuid
    subscription_id: Uuid
    event_type: str
    payload: str = field(repr=sized)
    url: str = field(repr=False)
    auth_header: str | None = field(default=None, repr=False)
    timeout_seconds: int
    max_retries: int
    attempts: int


@frozen(kw_only=True)
class DeliveryResult:
    """How a delivery went: ``status_code`` of the receiver, None when it did not answer; the time in milliseconds."""

    success: bool
    status_code: int | None = None
    error: str | None = None
    duration_ms: int | None = None


@frozen(kw_only=True)
class DeliveryVerdict:
    """What the broker makes of a result: ``status`` is success, failed (another try at a time) or dead."""

    status: str
    delivery_id: Uuid
    attempts: int | None = None
    next_retry_at: datetime | None = None
