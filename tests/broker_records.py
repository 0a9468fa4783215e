"""Records of the newer endpoint groups as the contract prints them."""

from __future__ import annotations

from broker_support import AGENT, EVENT_JSON, GENERATOR, OBJECT, OTHER, STACK
from brokkr_core.model.administration import AuditPage, ConfigReload, Connections, PakHolder
from brokkr_core.model.fleet import FleetAgent, FleetStatus, ObjectHealthReport, StackHealthReport
from brokkr_core.model.json import JsonObject
from brokkr_core.model.telemetry import EventHistory, LogHistory
from brokkr_core.model.templates import Template, TemplateAnnotation, TemplateLabel
from brokkr_core.model.webhooks import DeliveryVerdict, PendingDelivery, Webhook, WebhookDelivery, WebhookTest
from brokkr_core.model.work import Diagnosis, DiagnosticRequest, DiagnosticResult, WorkOrder, WorkOrderLog

WORK_ORDER = "30303030-0005-4000-8000-000000000005"
DIAGNOSTIC = "d1a6d1a6-0006-4000-8000-000000000006"
WEBHOOK = "3eb3eb00-0007-4000-8000-000000000007"
DELIVERY = "de11de11-0008-4000-8000-000000000008"
TEMPLATE = "7e7e7e7e-000a-4000-8000-00000000000a"
MOMENT = "2026-08-02T10:03:00.000001Z"

WORK_ORDER_JSON: JsonObject = {
    "id": WORK_ORDER,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "work_type": "custom",
    "yaml_content": "kind: Job\n",
    "status": "PENDING",
    "claimed_by": None,
    "claimed_at": None,
    "claim_timeout_seconds": 3600,
    "max_retries": 3,
    "retry_count": 0,
    "backoff_seconds": 60,
    "next_retry_after": None,
    "last_error": None,
    "last_error_at": None,
}
WORK_ORDER_LOG_JSON: JsonObject = {
    "id": WORK_ORDER,
    "work_type": "custom",
    "created_at": MOMENT,
    "claimed_at": MOMENT,
    "completed_at": MOMENT,
    "claimed_by": AGENT,
    "success": True,
    "retries_attempted": 0,
    "result_message": None,
    "yaml_content": "kind: Job\n",
}
DIAGNOSTIC_JSON: JsonObject = {
    "id": DIAGNOSTIC,
    "agent_id": AGENT,
    "deployment_object_id": OBJECT,
    "status": "pending",
    "requested_by": "ops@example.org",
    "created_at": MOMENT,
    "claimed_at": None,
    "completed_at": None,
    "expires_at": MOMENT,
}
DIAGNOSTIC_RESULT_JSON: JsonObject = {
    "id": OTHER,
    "request_id": DIAGNOSTIC,
    "pod_statuses": "[]",
    "events": "[]",
    "log_tails": None,
    "collected_at": MOMENT,
    "created_at": MOMENT,
}
WEBHOOK_JSON: JsonObject = {
    "id": WEBHOOK,
    "name": "chat",
    "has_url": True,
    "has_auth_header": True,
    "event_types": ["deployment.*"],
    "filters": {"stack_id": STACK},
    "target_labels": ["edge"],
    "enabled": True,
    "max_retries": 5,
    "timeout_seconds": 30,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "created_by": "admin",
}
DELIVERY_JSON: JsonObject = {
    "id": DELIVERY,
    "subscription_id": WEBHOOK,
    "event_type": "deployment.applied",
    "event_id": OTHER,
    "payload": "{}",
    "target_labels": None,
    "status": "pending",
    "acquired_by": None,
    "acquired_until": None,
    "attempts": 0,
    "last_attempt_at": None,
    "next_retry_at": None,
    "last_error": None,
    "created_at": MOMENT,
    "completed_at": None,
}
PENDING_DELIVERY_JSON: JsonObject = {
    "id": DELIVERY,
    "subscription_id": WEBHOOK,
    "event_type": "deployment.applied",
    "payload": "{}",
    "url": "https://hooks.internal.example/brokkr",
    "auth_header": "Bearer s3cr3t",
    "timeout_seconds": 30,
    "max_retries": 5,
    "attempts": 0,
}
VERDICT_JSON: JsonObject = {"status": "failed", "delivery_id": DELIVERY, "attempts": 1, "next_retry_at": MOMENT}
TEST_JSON: JsonObject = {"success": True, "status_code": 200, "message": "taken"}
TEMPLATE_JSON: JsonObject = {
    "id": TEMPLATE,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "deleted_at": None,
    "generator_id": GENERATOR,
    "name": "web",
    "description": None,
    "version": 1,
    "template_content": "replicas: {{ replicas }}",
    "parameters_schema": "{}",
    "checksum": "0" * 64,
}
TEMPLATE_LABEL_JSON: JsonObject = {"id": OTHER, "template_id": TEMPLATE, "label": "edge", "created_at": MOMENT}
TEMPLATE_ANNOTATION_JSON: JsonObject = {
    "id": OTHER,
    "template_id": TEMPLATE,
    "key": "region",
    "value": "eu",
    "created_at": MOMENT,
}
FLEET_JSON: JsonObject = {
    "agent_id": AGENT,
    "name": "edge-1",
    "cluster_name": "prod-eu",
    "status": "ACTIVE",
    "ws_connected": True,
    "connected_since": MOMENT,
    "last_heartbeat": MOMENT,
    "heartbeat_age_seconds": 2,
    "pending_object_count": 0,
    "pending_work_orders": 0,
    "claimed_work_orders": 0,
    "last_event_at": None,
    "seconds_since_last_event": None,
    "health_failing": 0,
    "health_degraded": 1,
    "k8s_reachable": True,
    "k8s_api_latency_ms": 7,
}
FLEET_STATUS_JSON: JsonObject = {"record": FLEET_JSON, "recent_events": [EVENT_JSON]}
OBJECT_HEALTH_JSON: JsonObject = {
    "deployment_object_id": OBJECT,
    "health_records": [
        {
            "id": OTHER,
            "agent_id": AGENT,
            "deployment_object_id": OBJECT,
            "status": "degraded",
            "summary": "{}",
            "checked_at": MOMENT,
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
    ],
    "overall_status": "degraded",
}
STACK_HEALTH_JSON: JsonObject = {
    "stack_id": STACK,
    "overall_status": "degraded",
    "deployment_objects": [
        {"id": OBJECT, "status": "degraded", "healthy_agents": 0, "degraded_agents": 1, "failing_agents": 0}
    ],
}
RETENTION_JSON: JsonObject = {
    "retention_ceiling_seconds": 21600,
    "effective_retention_seconds": 21600,
    "oldest_available_ts": MOMENT,
    "long_term_sink_hint": "elsewhere",
}
EVENT_HISTORY_JSON: JsonObject = {
    "retention": RETENTION_JSON,
    "events": [
        {
            "id": OTHER,
            "agent_id": AGENT,
            "stack_id": STACK,
            "observed_at": MOMENT,
            "reason": "ScalingReplicaSet",
            "message": "Scaled up",
            "event_type": "Normal",
            "source": None,
            "involved_object": {"kind": "Deployment", "name": "demo"},
            "created_at": MOMENT,
        }
    ],
}
LOG_HISTORY_JSON: JsonObject = {
    "retention": RETENTION_JSON,
    "lines": [
        {
            "id": OTHER,
            "agent_id": AGENT,
            "stack_id": STACK,
            "namespace": "default",
            "pod": "demo-1",
            "container": "app",
            "ts": MOMENT,
            "line": "ready",
            "created_at": MOMENT,
        }
    ],
}
AUDIT_JSON: JsonObject = {
    "logs": [
        {
            "id": OTHER,
            "timestamp": MOMENT,
            "actor_type": "admin",
            "actor_id": None,
            "action": "agent.created",
            "resource_type": "agent",
            "resource_id": AGENT,
            "details": {"name": "edge-1"},
            "created_at": MOMENT,
            "actor_name": "admin",
        }
    ],
    "total": 1,
    "count": 1,
    "limit": 100,
    "offset": 0,
}
PAK_HOLDER_JSON: JsonObject = {"id": GENERATOR, "name": "ci"}
RELOAD_JSON: JsonObject = {
    "reloaded_at": MOMENT,
    "changes": [{"key": "log.level", "old_value": "debug", "new_value": "info"}],
    "success": True,
    "message": None,
}
CONNECTIONS_JSON: JsonObject = {
    "connected_agents": 1,
    "connections": [{"agent_id": AGENT, "connected_since": MOMENT, "messages_in": 120, "messages_out": 3}],
    "live_subscribers": 0,
}

#: Every model with a record that fits it.
NEWER_RECORDS: list[tuple[type[object], JsonObject]] = [
    (WorkOrder, WORK_ORDER_JSON),
    (WorkOrderLog, WORK_ORDER_LOG_JSON),
    (DiagnosticRequest, DIAGNOSTIC_JSON),
    (DiagnosticResult, DIAGNOSTIC_RESULT_JSON),
    (Diagnosis, {"request": DIAGNOSTIC_JSON, "result": DIAGNOSTIC_RESULT_JSON}),
    (Webhook, WEBHOOK_JSON),
    (WebhookDelivery, DELIVERY_JSON),
    (PendingDelivery, PENDING_DELIVERY_JSON),
    (DeliveryVerdict, VERDICT_JSON),
    (WebhookTest, TEST_JSON),
    (Template, TEMPLATE_JSON),
    (TemplateLabel, TEMPLATE_LABEL_JSON),
    (TemplateAnnotation, TEMPLATE_ANNOTATION_JSON),
    (FleetAgent, FLEET_JSON),
    (FleetStatus, FLEET_STATUS_JSON),
    (ObjectHealthReport, OBJECT_HEALTH_JSON),
    (StackHealthReport, STACK_HEALTH_JSON),
    (EventHistory, EVENT_HISTORY_JSON),
    (LogHistory, LOG_HISTORY_JSON),
    (AuditPage, AUDIT_JSON),
    (PakHolder, PAK_HOLDER_JSON),
    (ConfigReload, RELOAD_JSON),
    (Connections, CONNECTIONS_JSON),
]
