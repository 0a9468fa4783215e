"""Webhook deliveries: claimed and reported by agents, or posted by the broker itself (contract 5.12 and 9)."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve, frozen

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker import audit
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import refuse
from brokkr_core.testing.broker.records_hooks import DeliveryRow, SubscriptionRow
from brokkr_core.testing.broker.roles import living_agent, require_agent_or_admin
from brokkr_core.testing.broker.sources import Post, Receipt
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.timers import Sweep
from brokkr_core.testing.broker.wire import timestamp

CLAIM_SECONDS = 60
AGENT_BATCH = 10
BROKER_BATCH = 50
KEPT_DAYS = 7

#: Statuses that say "later" although they are 4xx; every other 4xx ends a delivery.
LATER = frozenset({408, 425, 429})


@frozen(kw_only=True)
class Verdict:
    """What became of one attempt."""

    success: bool
    status_code: int | None = None
    error: str | None = None

    @property
    def final(self) -> bool:
        """Whether trying again is pointless."""
        return self.status_code is not None and 400 <= self.status_code < 500 and self.status_code not in LATER

    @property
    def text(self) -> str:
        """What is stored: ``HTTP <code>: <detail>``, whoever wrote the beginning."""
        detail = self.error or "Unknown error"
        if self.status_code is None or detail.startswith(f"HTTP {self.status_code}"):
            return detail
        return f"HTTP {self.status_code}: {detail}"


def claim_pending(call: Call) -> Response:
    """Give up to ten deliveries to an agent; a GET that changes something."""
    agent_id = call.params["agent_id"]
    require_agent_or_admin(call, agent_id)
    living_agent(call, agent_id)
    labels = call.state.labels_of_agent(agent_id)
    waiting = call.state.deliveries.where(
        lambda row: row.status == "pending" and row.target_labels is not None and labels.issuperset(row.target_labels)
    )
    until = call.now + timedelta(seconds=CLAIM_SECONDS)
    claimed = [
        call.state.deliveries.put(evolve(row, status="acquired", acquired_by=agent_id, acquired_until=until))
        for row in waiting[:AGENT_BATCH]
    ]
    pairs = [(row, call.state.subscriptions.live(row.subscription_id)) for row in claimed]
    return Response.of_json(200, [_for_agent(row, to) for row, to in pairs if to is not None])


def report_result(call: Call) -> Response:
    """Take an agent's report; a second one after a success is taken, too, and counts."""
    body = object_body(call.request)
    verdict = Verdict(
        success=body.boolean("success"),
        status_code=body.optional_int32("status_code"),
        error=body.optional_text("error"),
    )
    if call.caller.agent is None:
        raise refuse(403, "agent_pak_required", "this needs an agent PAK")
    row = call.state.deliveries.live(call.id)
    subscription = None if row is None else call.state.subscriptions.live(row.subscription_id)
    if row is None or subscription is None:
        raise refuse(404, "delivery_not_found", f"no delivery {call.id}")
    if row.acquired_by != call.caller.agent:
        raise refuse(403, "delivery_not_acquired_by_agent", "the delivery is not held by this agent")
    done = call.state.deliveries.put(settle(row, verdict, most=subscription.max_retries, now=call.now))
    if done.status == "dead":
        _record_death(call, done, verdict)
    answer: JsonObject = {"status": done.status, "delivery_id": done.id}
    if done.status != "success":
        answer["attempts"] = done.attempts
        answer["next_retry_at"] = None if done.next_retry_at is None else timestamp(done.next_retry_at)
    return Response.of_json(200, answer)


def _record_death(call: Call, row: DeliveryRow, verdict: Verdict) -> None:
    details: JsonObject = {
        "attempts": row.attempts,
        "delivered_by_agent": call.caller.agent,
        "delivery_id": row.id,
        "error": row.last_error,
        "retryable": not verdict.final,
        "status_code": verdict.status_code,
    }
    audit.record(
        call, "webhook.delivery_failed", "webhook_subscription", row.subscription_id, details, actor=audit.SYSTEM
    )


def settle(row: DeliveryRow, verdict: Verdict, *, most: int, now: datetime) -> DeliveryRow:
    """Return a delivery after an attempt.

    Args:
        row: the delivery before it.
        verdict: how it went.
        most: attempts there may be, which the contract calls retries.
        now: when it was.

    Returns:
        ``success``, which keeps its holder, ``failed`` with the time of the next try, or ``dead``.
    """
    tried = evolve(row, attempts=row.attempts + 1, last_attempt_at=now, acquired_until=None, next_retry_at=None)
    if verdict.success:
        return evolve(tried, status="success", completed_at=now, last_error=None)
    failed = evolve(tried, acquired_by=None, last_error=verdict.text)
    if verdict.final or tried.attempts >= most:
        return evolve(failed, status="dead", completed_at=now)
    # At most 10 attempts can be asked for, but a delivery can be reported more often than that.
    wait = timedelta(seconds=2 ** min(tried.attempts, 20))
    return evolve(failed, status="failed", completed_at=None, next_retry_at=now + wait)


def work(sweep: Sweep) -> None:
    """Offer again what is due once more, and post what the broker posts itself."""
    _offer_again(sweep.state, sweep.now)
    if sweep.sources.post is not None:
        for post in claim_own(sweep.state, sweep.now):
            settle_own(sweep.state, post, sweep.sources.post(post), sweep.now)


def claim_own(state: State, now: datetime) -> list[Post]:
    """Take what the broker delivers itself and what is due, at most a batch.

    Args:
        state: the database.
        now: the claim ends a minute later, as an agent's does.

    Returns:
        What to deliver; tell each to :func:`settle_own`.
    """
    _offer_again(state, now)
    claimed = []
    ours = state.deliveries.where(lambda row: row.status == "pending" and not row.target_labels)
    for row in ours[:BROKER_BATCH]:
        subscription = state.subscriptions.live(row.subscription_id)
        if subscription is not None:
            until = now + timedelta(seconds=CLAIM_SECONDS)
            state.deliveries.put(evolve(row, status="acquired", acquired_until=until))
            claimed.append(_post(row, subscription))
    return claimed


def settle_own(state: State, post: Post, receipt: Receipt, now: datetime) -> None:
    """Write down how a delivery of the broker's own went; one whose subscription is gone by now is forgotten.

    Args:
        state: the database.
        post: what was delivered.
        receipt: how it went.
        now: when that was.
    """
    row = state.deliveries.live(post.delivery_id)
    subscription = None if row is None else state.subscriptions.live(row.subscription_id)
    if row is not None and subscription is not None:
        verdict = Verdict(success=receipt.good, status_code=receipt.status, error=receipt.problem)
        state.deliveries.put(settle(row, verdict, most=subscription.max_retries, now=now))


def expire(sweep: Sweep) -> None:
    """Delete finished deliveries that are older than a week."""
    oldest = sweep.now - timedelta(days=KEPT_DAYS)
    sweep.state.deliveries.purge(lambda row: row.status in ("success", "dead") and row.created_at < oldest)


def _offer_again(state: State, now: datetime) -> None:
    """Release claims that expired, and what failed and waited."""
    for row in list(state.deliveries):
        if row.status == "acquired" and row.acquired_until is not None and row.acquired_until <= now:
            state.deliveries.put(evolve(row, status="pending", acquired_by=None, acquired_until=None))
        elif row.status == "failed" and row.next_retry_at is not None and row.next_retry_at <= now:
            state.deliveries.put(evolve(row, status="pending", next_retry_at=None))


def _post(row: DeliveryRow, subscription: SubscriptionRow) -> Post:
    return Post(
        url=subscription.url,
        auth_header=subscription.auth_header,
        event_type=row.event_type,
        delivery_id=row.id,
        payload=row.payload,
        timeout_seconds=subscription.timeout_seconds,
    )


def _for_agent(row: DeliveryRow, subscription: SubscriptionRow) -> JsonObject:
    return {
        "id": row.id,
        "subscription_id": row.subscription_id,
        "event_type": row.event_type,
        "payload": row.payload,
        "url": subscription.url,
        "auth_header": subscription.auth_header,
        "timeout_seconds": subscription.timeout_seconds,
        "max_retries": subscription.max_retries,
        "attempts": row.attempts,
    }


ROUTES = (
    Route(method="GET", template="/agents/{agent_id}/webhooks/pending", handler=claim_pending),
    Route(method="POST", template="/webhook-deliveries/{id}/result", handler=report_result),
)
