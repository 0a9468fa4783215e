"""The calls about templates, fleet, health, telemetry and the broker itself as the contract has them."""

from __future__ import annotations

from broker_agent_calls import REGISTRATION_JSON, Case
from broker_records import (
    AUDIT_JSON,
    CONNECTIONS_JSON,
    EVENT_HISTORY_JSON,
    FLEET_JSON,
    FLEET_STATUS_JSON,
    LOG_HISTORY_JSON,
    MOMENT,
    OBJECT_HEALTH_JSON,
    PAK_HOLDER_JSON,
    RELOAD_JSON,
    STACK_HEALTH_JSON,
    TEMPLATE,
    TEMPLATE_ANNOTATION_JSON,
    TEMPLATE_JSON,
    TEMPLATE_LABEL_JSON,
)
from broker_support import (
    AGENT,
    EVENT,
    EVENT_JSON,
    GENERATOR,
    GENERATOR_JSON,
    OBJECT,
    OBJECT_JSON,
    PAK,
    STACK,
    empty,
    ok,
)
from brokkr_core.broker import parse_timestamp

SINCE = parse_timestamp(MOMENT)

FLEET_CALLS: list[Case] = [
    Case(name="templates", call=lambda c: c.templates.list(), line="GET /templates", answer=ok([TEMPLATE_JSON])),
    Case(
        name="template create",
        call=lambda c: c.templates.create("web", "a: 1", parameters_schema="{}"),
        line="POST /templates",
        sends={"name": "web", "description": None, "template_content": "a: 1", "parameters_schema": "{}"},
        answer=ok(TEMPLATE_JSON, 201),
    ),
    Case(
        name="template",
        call=lambda c: c.templates.get(TEMPLATE),
        line=f"GET /templates/{TEMPLATE}",
        answer=ok(TEMPLATE_JSON),
    ),
    Case(
        name="template update",
        call=lambda c: c.templates.update(TEMPLATE, "a: 2", parameters_schema="{}"),
        line=f"PUT /templates/{TEMPLATE}",
        sends={"description": None, "template_content": "a: 2", "parameters_schema": "{}"},
        answer=ok(TEMPLATE_JSON),
    ),
    Case(
        name="template delete",
        call=lambda c: c.templates.delete(TEMPLATE),
        line=f"DELETE /templates/{TEMPLATE}",
        answer=empty(204),
    ),
    Case(
        name="template labels",
        call=lambda c: c.templates.labels.list(TEMPLATE),
        line=f"GET /templates/{TEMPLATE}/labels",
        answer=ok([TEMPLATE_LABEL_JSON]),
    ),
    Case(
        name="template label add is a bare string",
        call=lambda c: c.templates.labels.add(TEMPLATE, "edge"),
        line=f"POST /templates/{TEMPLATE}/labels",
        sends="edge",
        answer=ok(TEMPLATE_LABEL_JSON, 201),
    ),
    Case(
        name="template label remove",
        call=lambda c: c.templates.labels.remove(TEMPLATE, "edge"),
        line=f"DELETE /templates/{TEMPLATE}/labels/edge",
        answer=empty(204),
    ),
    Case(
        name="template annotations",
        call=lambda c: c.templates.annotations.list(TEMPLATE),
        line=f"GET /templates/{TEMPLATE}/annotations",
        answer=ok([TEMPLATE_ANNOTATION_JSON]),
    ),
    Case(
        name="template annotation add",
        call=lambda c: c.templates.annotations.add(TEMPLATE, "region", "eu"),
        line=f"POST /templates/{TEMPLATE}/annotations",
        sends={"key": "region", "value": "eu"},
        answer=ok(TEMPLATE_ANNOTATION_JSON, 201),
    ),
    Case(
        name="template annotation remove",
        call=lambda c: c.templates.annotations.remove(TEMPLATE, "region"),
        line=f"DELETE /templates/{TEMPLATE}/annotations/region",
        answer=empty(204),
    ),
    Case(
        name="object from a template",
        call=lambda c: c.stacks.deployment_objects.create_from_template(STACK, TEMPLATE, {"replicas": 2}),
        line=f"POST /stacks/{STACK}/deployment-objects/from-template",
        sends={"template_id": TEMPLATE, "parameters": {"replicas": 2}},
        answer=ok(OBJECT_JSON, 201),
    ),
    Case(
        name="fleet",
        call=lambda c: c.fleet.list(generator_id=GENERATOR),
        line="GET /fleet",
        query={"pak_id": GENERATOR},
        answer=ok([FLEET_JSON]),
    ),
    Case(
        name="fleet status",
        call=lambda c: c.fleet.status(AGENT),
        line=f"GET /agents/{AGENT}/fleet-status",
        answer=ok(FLEET_STATUS_JSON),
    ),
    Case(name="all events", call=lambda c: c.fleet.events(), line="GET /agent-events", answer=ok([EVENT_JSON])),
    Case(
        name="one event",
        call=lambda c: c.fleet.event(EVENT),
        line=f"GET /agent-events/{EVENT}",
        answer=ok(EVENT_JSON),
    ),
    Case(
        name="object health",
        call=lambda c: c.deployment_objects.health(OBJECT),
        line=f"GET /deployment-objects/{OBJECT}/health",
        answer=ok(OBJECT_HEALTH_JSON),
    ),
    Case(
        name="stack health",
        call=lambda c: c.stacks.health(STACK),
        line=f"GET /stacks/{STACK}/health",
        answer=ok(STACK_HEALTH_JSON),
    ),
    Case(
        name="stack events",
        call=lambda c: c.stacks.events(STACK, since=SINCE, limit=10),
        line=f"GET /stacks/{STACK}/events",
        query={"since": MOMENT, "limit": "10"},
        answer=ok(EVENT_HISTORY_JSON),
    ),
    Case(
        name="stack logs",
        call=lambda c: c.stacks.logs(STACK),
        line=f"GET /stacks/{STACK}/logs",
        answer=ok(LOG_HISTORY_JSON),
    ),
    Case(
        name="audit log",
        call=lambda c: c.administration.audit_logs(action="agent.*", since=SINCE),
        line="GET /admin/audit-logs",
        query={"action": "agent.*", "from": MOMENT, "limit": "100", "offset": "0"},
        answer=ok(AUDIT_JSON),
    ),
    Case(name="paks", call=lambda c: c.administration.paks(), line="GET /paks", answer=ok([PAK_HOLDER_JSON])),
    Case(
        name="config reload",
        call=lambda c: c.administration.reload_config(),
        line="POST /admin/config/reload",
        answer=ok(RELOAD_JSON),
    ),
    Case(
        name="connections",
        call=lambda c: c.administration.connections(),
        line="GET /admin/ws/connections",
        answer=ok(CONNECTIONS_JSON),
    ),
    Case(
        name="generator rotate",
        call=lambda c: c.generators.rotate(GENERATOR),
        line=f"POST /generators/{GENERATOR}/rotate-pak",
        answer=ok({"generator": GENERATOR_JSON, "pak": PAK}, 201),
    ),
    Case(
        name="generator delete",
        call=lambda c: c.generators.delete(GENERATOR),
        line=f"DELETE /generators/{GENERATOR}",
        answer=empty(204),
    ),
    Case(
        name="agents of a generator",
        call=lambda c: c.generators.agents(GENERATOR),
        line=f"GET /generators/{GENERATOR}/registered-agents",
        answer=ok([REGISTRATION_JSON]),
    ),
]
