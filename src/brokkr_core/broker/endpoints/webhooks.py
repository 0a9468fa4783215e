"""Webhooks: subscriptions of operators, deliveries of agents (contract 5.12 and 6.10)."""

from __future__ import annotations

import attrs

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.ask import ask, remove
from brokkr_core.broker.endpoints.query import query_of
from brokkr_core.broker.operations import Caller
from brokkr_core.errors import UsageError
from brokkr_core.model.webhooks import (
    DeliveryResult,
    DeliveryVerdict,
    NewWebhook,
    PendingDelivery,
    Webhook,
    WebhookChanges,
    WebhookDelivery,
    WebhookTest,
)


class Deliveries:
    """Events that an agent carries to receivers the broker cannot reach."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def claim(self, agent_id: str) -> tuple[PendingDelivery, ...]:
        """Claim up to ten deliveries for 60 s (itself, or admin); a GET that is never repeated by itself.

        Args:
            agent_id: who is going to deliver; it has all target labels of what it gets.

        Returns:
            The deliveries, with URL and credentials; report each once.

        Raises:
            BrokerError: 404 ``agent_not_found``.
            BrokerUnreachableError: with ``sent`` true deliveries may be claimed; they come back after 60 s.
        """
        return ask(self._caller, operations.AGENT_DELIVERIES, tuple[PendingDelivery, ...], agent_id=agent_id)

    def report(self, delivery_id: str, result: DeliveryResult) -> DeliveryVerdict:
        """Tell how a delivery went (the agent that claimed it). Report once: a second report counts as a try.

        Args:
            delivery_id: which delivery.
            result: how it went.

        Returns:
            What the broker makes of it.

        Raises:
            BrokerAuthError: 403 ``delivery_not_acquired_by_agent``, also after the claim expired.
            BrokerError: 404 ``delivery_not_found``.
        """
        return ask(self._caller, operations.DELIVERY_RESULT, DeliveryVerdict, body=result, delivery_id=delivery_id)


class Webhooks:
    """Subscriptions (admin only), with ``deliveries`` for agents."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.deliveries = Deliveries(caller)

    def create(self, webhook: NewWebhook) -> Webhook:
        """Subscribe.

        Args:
            webhook: to what, and where it goes.

        Returns:
            The subscription, without URL and auth header.

        Raises:
            BrokerError: 400 or 422 with the code of what is wrong.
            BrokerUnreachableError: with ``sent`` true the subscription may exist.
        """
        return ask(self._caller, operations.WEBHOOK_CREATE, Webhook, body=webhook)

    def list(self) -> tuple[Webhook, ...]:
        """List all subscriptions."""
        return ask(self._caller, operations.WEBHOOK_LIST, tuple[Webhook, ...])

    def event_types(self) -> tuple[str, ...]:
        """List the names of the events there are."""
        return ask(self._caller, operations.WEBHOOK_EVENT_TYPES, tuple[str, ...])

    def get(self, webhook_id: str) -> Webhook:
        """Read one subscription; 404 ``webhook_not_found``."""
        return ask(self._caller, operations.WEBHOOK_GET, Webhook, webhook_id=webhook_id)

    def update(self, webhook_id: str, changes: WebhookChanges) -> Webhook:
        """Change a subscription.

        Args:
            webhook_id: which one.
            changes: what to set.

        Returns:
            The changed subscription.

        Raises:
            UsageError: nothing is to be changed.
            BrokerError: 400 or 422 with the code of what is wrong.
        """
        given = {one.name: getattr(changes, one.name) for one in attrs.fields(WebhookChanges)}
        body: dict[str, object] = {name: value for name, value in given.items() if value is not None}
        if not body:
            raise UsageError("webhooks.update: give at least one member to change")
        return ask(self._caller, operations.WEBHOOK_UPDATE, Webhook, body=body, webhook_id=webhook_id)

    def delete(self, webhook_id: str) -> None:
        """Unsubscribe; that there is no such subscription is fine."""
        remove(self._caller, operations.WEBHOOK_DELETE, "webhook_not_found", webhook_id=webhook_id)

    def list_deliveries(
        self, webhook_id: str, *, status: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[WebhookDelivery, ...]:
        """Read a page of the deliveries of a subscription, newest first.

        Args:
            webhook_id: which subscription.
            status: pending, acquired, success, failed or dead.
            limit: how many.
            offset: how many to pass over.

        Returns:
            The deliveries.
        """
        query = query_of(status=status, limit=limit, offset=offset)
        operation = operations.WEBHOOK_DELIVERIES
        return ask(self._caller, operation, tuple[WebhookDelivery, ...], query=query, webhook_id=webhook_id)

    def test(self, webhook_id: str) -> WebhookTest:
        """Let the broker itself send a test event; 400 ``webhook_test_failed`` when the receiver does not take it."""
        return ask(self._caller, operations.WEBHOOK_TEST, WebhookTest, webhook_id=webhook_id)
