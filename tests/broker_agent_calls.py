"""The calls about agents as the contract has them: how each is made, what goes out, what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from broker_support import (
    AGENT,
    AGENT_JSON,
    EVENT_JSON,
    GENERATOR,
    OBJECT,
    OBJECT_JSON,
    OTHER,
    PAK,
    STACK,
    STACK_JSON,
    empty,
    ok,
)
from brokkr_core.broker import BrokerClient
from brokkr_core.model.broker import HeartbeatReport, NewAgentEvent
from brokkr_core.model.http import Response
from brokkr_core.model.json import Json

IDENTITY_JSON: Json = {"admin": False, "agent": AGENT, "generator": None, "readonly": False}
REGISTRATION_JSON: Json = {
    "id": OTHER,
    "agent_id": AGENT,
    "generator_id": GENERATOR,
    "registered_at": "2026-08-02T10:00:00.000001Z",
}
AGENT_LABEL_JSON: Json = {"id": OTHER, "agent_id": AGENT, "label": "edge"}
AGENT_ANNOTATION_JSON: Json = {"id": OTHER, "agent_id": AGENT, "key": "region", "value": "eu"}
TARGET_JSON: Json = {"id": OTHER, "agent_id": AGENT, "stack_id": STACK}
STACK_LABEL_JSON: Json = {"id": OTHER, "stack_id": STACK, "label": "edge"}
STACK_ANNOTATION_JSON: Json = {"id": OTHER, "stack_id": STACK, "key": "region", "value": "eu"}
EVENT = NewAgentEvent(agent_id=AGENT, deployment_object_id=OBJECT, status="SUCCESS")
WIRE_EVENT: Json = {
    "agent_id": AGENT,
    "deployment_object_id": OBJECT,
    "event_type": "DEPLOY",
    "status": "SUCCESS",
    "message": None,
}


@frozen(kw_only=True)
class Case:
    """One call: how it is made, what goes out, what comes back. ``sends`` is ``...`` when nothing is."""

    name: str
    call: Callable[[BrokerClient], object]
    line: str
    answer: Response
    query: Mapping[str, str] = field(factory=dict)
    sends: object = ...


AGENT_CALLS: list[Case] = [
    Case(name="whoami", call=lambda c: c.auth.whoami(), line="POST /auth/pak", answer=ok(IDENTITY_JSON)),
    Case(name="agent", call=lambda c: c.agents.get(AGENT), line=f"GET /agents/{AGENT}", answer=ok(AGENT_JSON)),
    Case(
        name="agent search",
        call=lambda c: c.agents.search("edge-1", "prod-eu"),
        line="GET /agents/",
        query={"name": "edge-1", "cluster_name": "prod-eu"},
        answer=ok(AGENT_JSON),
    ),
    Case(name="agents", call=lambda c: c.agents.list(), line="GET /agents", answer=ok([AGENT_JSON])),
    Case(
        name="agent create",
        call=lambda c: c.agents.create("edge-1", "prod-eu", generator_ids=[GENERATOR]),
        line="POST /agents",
        sends={"name": "edge-1", "cluster_name": "prod-eu", "generator_ids": [GENERATOR]},
        answer=ok({"agent": AGENT_JSON, "initial_pak": PAK}, 201),
    ),
    Case(
        name="agent update",
        call=lambda c: c.agents.update(AGENT, name="edge-2"),
        line=f"PUT /agents/{AGENT}",
        sends={"name": "edge-2"},
        answer=ok(AGENT_JSON),
    ),
    Case(
        name="agent activate",
        call=lambda c: c.agents.activate(AGENT),
        line=f"PUT /agents/{AGENT}",
        sends={"status": "ACTIVE"},
        answer=ok(AGENT_JSON),
    ),
    Case(
        name="agent deactivate",
        call=lambda c: c.agents.deactivate(AGENT),
        line=f"PUT /agents/{AGENT}",
        sends={"status": "INACTIVE"},
        answer=ok(AGENT_JSON),
    ),
    Case(
        name="agent rotate",
        call=lambda c: c.agents.rotate(AGENT),
        line=f"POST /agents/{AGENT}/rotate-pak",
        answer=ok({"agent": AGENT_JSON, "pak": PAK}),
    ),
    Case(
        name="agent delete",
        call=lambda c: c.agents.delete(AGENT),
        line=f"DELETE /agents/{AGENT}",
        answer=empty(204),
    ),
    Case(
        name="heartbeat",
        call=lambda c: c.agents.heartbeat(AGENT, HeartbeatReport(k8s_reachable=True, k8s_api_latency_ms=7)),
        line=f"POST /agents/{AGENT}/heartbeat",
        sends={"k8s_reachable": True, "k8s_api_latency_ms": 7},
        answer=empty(204),
    ),
    Case(
        name="bare heartbeat",
        call=lambda c: c.agents.heartbeat(AGENT),
        line=f"POST /agents/{AGENT}/heartbeat",
        sends={},
        answer=empty(204),
    ),
    Case(
        name="target state",
        call=lambda c: c.agents.target_state(AGENT),
        line=f"GET /agents/{AGENT}/target-state",
        query={"mode": "full"},
        answer=ok([OBJECT_JSON]),
    ),
    Case(
        name="incremental target state",
        call=lambda c: c.agents.target_state(AGENT, mode="incremental"),
        line=f"GET /agents/{AGENT}/target-state",
        query={"mode": "incremental"},
        answer=ok([]),
    ),
    Case(
        name="agent stacks",
        call=lambda c: c.agents.stacks(AGENT),
        line=f"GET /agents/{AGENT}/stacks",
        answer=ok([STACK_JSON]),
    ),
    Case(
        name="registrations",
        call=lambda c: c.agents.registrations(AGENT),
        line=f"GET /agents/{AGENT}/registrations",
        answer=ok([REGISTRATION_JSON]),
    ),
    Case(
        name="event post",
        call=lambda c: c.agents.events.post(EVENT),
        line=f"POST /agents/{AGENT}/events",
        sends=WIRE_EVENT,
        answer=ok(EVENT_JSON, 201),
    ),
    Case(
        name="events",
        call=lambda c: c.agents.events.list(AGENT),
        line=f"GET /agents/{AGENT}/events",
        answer=ok([EVENT_JSON]),
    ),
    Case(
        name="agent labels",
        call=lambda c: c.agents.labels.list(AGENT),
        line=f"GET /agents/{AGENT}/labels",
        answer=ok([AGENT_LABEL_JSON]),
    ),
    Case(
        name="agent label add",
        call=lambda c: c.agents.labels.add(AGENT, "edge"),
        line=f"POST /agents/{AGENT}/labels",
        sends={"agent_id": AGENT, "label": "edge"},
        answer=ok(AGENT_LABEL_JSON, 201),
    ),
    Case(
        name="agent label remove",
        call=lambda c: c.agents.labels.remove(AGENT, "edge"),
        line=f"DELETE /agents/{AGENT}/labels/edge",
        answer=empty(204),
    ),
    Case(
        name="agent annotations",
        call=lambda c: c.agents.annotations.list(AGENT),
        line=f"GET /agents/{AGENT}/annotations",
        answer=ok([AGENT_ANNOTATION_JSON]),
    ),
    Case(
        name="agent annotation add",
        call=lambda c: c.agents.annotations.add(AGENT, "region", "eu"),
        line=f"POST /agents/{AGENT}/annotations",
        sends={"agent_id": AGENT, "key": "region", "value": "eu"},
        answer=ok(AGENT_ANNOTATION_JSON, 201),
    ),
    Case(
        name="agent annotation remove",
        call=lambda c: c.agents.annotations.remove(AGENT, "region"),
        line=f"DELETE /agents/{AGENT}/annotations/region",
        answer=empty(204),
    ),
    Case(
        name="targets",
        call=lambda c: c.agents.targets.list(AGENT),
        line=f"GET /agents/{AGENT}/targets",
        answer=ok([TARGET_JSON]),
    ),
    Case(
        name="target add",
        call=lambda c: c.agents.targets.add(AGENT, STACK),
        line=f"POST /agents/{AGENT}/targets",
        sends={"agent_id": AGENT, "stack_id": STACK},
        answer=ok(TARGET_JSON, 201),
    ),
    Case(
        name="target remove",
        call=lambda c: c.agents.targets.remove(AGENT, STACK),
        line=f"DELETE /agents/{AGENT}/targets/{STACK}",
        answer=empty(204),
    ),
]
