"""The calls about work orders, diagnostics and webhooks as the contract has them."""

from __future__ import annotations

from broker_agent_calls import Case
from broker_records import (
    DELIVERY,
    DELIVERY_JSON,
    DIAGNOSTIC,
    DIAGNOSTIC_JSON,
    DIAGNOSTIC_RESULT_JSON,
    MOMENT,
    PENDING_DELIVERY_JSON,
    TEST_JSON,
    VERDICT_JSON,
    WEBHOOK,
    WEBHOOK_JSON,
    WORK_ORDER,
    WORK_ORDER_JSON,
    WORK_ORDER_LOG_JSON,
)
from broker_support import AGENT, OBJECT, STACK, empty, ok
from brokkr_core.broker import parse_timestamp
from brokkr_core.model.webhooks import DeliveryResult, NewWebhook, WebhookChanges, WebhookFilters
from brokkr_core.model.work import NewDiagnosticResult, NewWorkOrder, Targeting, WorkResult

ORDER = NewWorkOrder(work_type="custom", yaml_content="kind: Job\n", targeting=Targeting(labels=("edge",)))
RESULT = NewDiagnosticResult(pod_statuses="[]", events="[]", collected_at=parse_timestamp(MOMENT))
HOOK = NewWebhook(name="chat", url="https://x.example", event_types=("*",), filters=WebhookFilters(stack_id=STACK))
CHANGES = WebhookChanges(enabled=False, filters=WebhookFilters())

WORK_CALLS: list[Case] = [
    Case(
        name="work order create",
        call=lambda c: c.work_orders.create(ORDER),
        line="POST /work-orders",
        sends={
            "work_type": "custom",
            "yaml_content": "kind: Job\n",
            "targeting": {"agent_ids": [], "labels": ["edge"], "annotations": {}},
            "max_retries": 3,
            "backoff_seconds": 60,
            "claim_timeout_seconds": 3600,
        },
        answer=ok(WORK_ORDER_JSON, 201),
    ),
    Case(
        name="work orders",
        call=lambda c: c.work_orders.list(status="PENDING"),
        line="GET /work-orders",
        query={"status": "PENDING"},
        answer=ok([WORK_ORDER_JSON]),
    ),
    Case(
        name="work order",
        call=lambda c: c.work_orders.get(WORK_ORDER),
        line=f"GET /work-orders/{WORK_ORDER}",
        answer=ok(WORK_ORDER_JSON),
    ),
    Case(
        name="work order delete",
        call=lambda c: c.work_orders.delete(WORK_ORDER),
        line=f"DELETE /work-orders/{WORK_ORDER}",
        answer=empty(204),
    ),
    Case(
        name="pending work orders",
        call=lambda c: c.work_orders.pending(AGENT, work_type="build"),
        line=f"GET /agents/{AGENT}/work-orders/pending",
        query={"work_type": "build"},
        answer=ok([WORK_ORDER_JSON]),
    ),
    Case(
        name="work order claim",
        call=lambda c: c.work_orders.claim(WORK_ORDER, AGENT),
        line=f"POST /work-orders/{WORK_ORDER}/claim",
        sends={"agent_id": AGENT},
        answer=ok(WORK_ORDER_JSON),
    ),
    Case(
        name="work order complete",
        call=lambda c: c.work_orders.complete(WORK_ORDER, WorkResult(success=False, message="late")),
        line=f"POST /work-orders/{WORK_ORDER}/complete",
        sends={"success": False, "message": "late", "retryable": True},
        answer=ok(WORK_ORDER_LOG_JSON),
    ),
    Case(
        name="work order retry",
        call=lambda c: c.work_orders.complete(WORK_ORDER, WorkResult(success=False)),
        line=f"POST /work-orders/{WORK_ORDER}/complete",
        sends={"success": False, "message": None, "retryable": True},
        answer=ok({"status": "retry_scheduled"}, 202),
    ),
    Case(
        name="work order log",
        call=lambda c: c.work_orders.log(success=True, limit=5),
        line="GET /work-order-log",
        query={"success": "true", "limit": "5"},
        answer=ok([WORK_ORDER_LOG_JSON]),
    ),
    Case(
        name="work order log entry",
        call=lambda c: c.work_orders.log_entry(WORK_ORDER),
        line=f"GET /work-order-log/{WORK_ORDER}",
        answer=ok(WORK_ORDER_LOG_JSON),
    ),
    Case(
        name="diagnostics request",
        call=lambda c: c.diagnostics.request(OBJECT, AGENT),
        line=f"POST /deployment-objects/{OBJECT}/diagnostics",
        sends={"agent_id": AGENT, "requested_by": None, "retention_minutes": None},
        answer=ok(DIAGNOSTIC_JSON, 201),
    ),
    Case(
        name="diagnosis",
        call=lambda c: c.diagnostics.get(DIAGNOSTIC),
        line=f"GET /diagnostics/{DIAGNOSTIC}",
        answer=ok({"request": DIAGNOSTIC_JSON, "result": None}),
    ),
    Case(
        name="pending diagnostics",
        call=lambda c: c.diagnostics.pending(AGENT),
        line=f"GET /agents/{AGENT}/diagnostics/pending",
        answer=ok([DIAGNOSTIC_JSON]),
    ),
    Case(
        name="diagnostics claim",
        call=lambda c: c.diagnostics.claim(DIAGNOSTIC),
        line=f"POST /diagnostics/{DIAGNOSTIC}/claim",
        answer=ok(DIAGNOSTIC_JSON),
    ),
    Case(
        name="diagnostics result",
        call=lambda c: c.diagnostics.submit(DIAGNOSTIC, RESULT),
        line=f"POST /diagnostics/{DIAGNOSTIC}/result",
        sends={"pod_statuses": "[]", "events": "[]", "log_tails": None, "collected_at": MOMENT},
        answer=ok(DIAGNOSTIC_RESULT_JSON, 201),
    ),
    Case(
        name="webhook create",
        call=lambda c: c.webhooks.create(HOOK),
        line="POST /webhooks",
        sends={
            "name": "chat",
            "url": "https://x.example",
            "event_types": ["*"],
            "auth_header": None,
            "filters": {"agent_id": None, "stack_id": STACK},
            "target_labels": None,
            "max_retries": 5,
            "timeout_seconds": 30,
        },
        answer=ok(WEBHOOK_JSON, 201),
    ),
    Case(name="webhooks", call=lambda c: c.webhooks.list(), line="GET /webhooks", answer=ok([WEBHOOK_JSON])),
    Case(
        name="event types",
        call=lambda c: c.webhooks.event_types(),
        line="GET /webhooks/event-types",
        answer=ok(["stack.created"]),
    ),
    Case(
        name="webhook",
        call=lambda c: c.webhooks.get(WEBHOOK),
        line=f"GET /webhooks/{WEBHOOK}",
        answer=ok(WEBHOOK_JSON),
    ),
    Case(
        name="webhook update",
        call=lambda c: c.webhooks.update(WEBHOOK, CHANGES),
        line=f"PUT /webhooks/{WEBHOOK}",
        sends={"enabled": False, "filters": {"agent_id": None, "stack_id": None}},
        answer=ok(WEBHOOK_JSON),
    ),
    Case(
        name="webhook delete",
        call=lambda c: c.webhooks.delete(WEBHOOK),
        line=f"DELETE /webhooks/{WEBHOOK}",
        answer=empty(204),
    ),
    Case(
        name="webhook deliveries",
        call=lambda c: c.webhooks.list_deliveries(WEBHOOK, status="dead"),
        line=f"GET /webhooks/{WEBHOOK}/deliveries",
        query={"status": "dead", "limit": "50", "offset": "0"},
        answer=ok([DELIVERY_JSON]),
    ),
    Case(
        name="webhook test",
        call=lambda c: c.webhooks.test(WEBHOOK),
        line=f"POST /webhooks/{WEBHOOK}/test",
        answer=ok(TEST_JSON),
    ),
    Case(
        name="delivery claim",
        call=lambda c: c.webhooks.deliveries.claim(AGENT),
        line=f"GET /agents/{AGENT}/webhooks/pending",
        answer=ok([PENDING_DELIVERY_JSON]),
    ),
    Case(
        name="delivery report",
        call=lambda c: c.webhooks.deliveries.report(DELIVERY, DeliveryResult(success=True, status_code=204)),
        line=f"POST /webhook-deliveries/{DELIVERY}/result",
        sends={"success": True, "status_code": 204, "error": None, "duration_ms": None},
        answer=ok(VERDICT_JSON),
    ),
]
