"""All agents at a glance, and how what they run is (contract 4.10, 4.11, 5.9, 6.7)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.broker import AgentEvent, Uuid


@frozen(kw_only=True)
class FleetAgent:
    """An agent and what is due with it; ages are in seconds, counted by the broker's clock."""

    agent_id: Uuid
    name: str
    cluster_name: str
    status: str
    ws_connected: bool
    pending_object_count: int
    pending_work_orders: int
    claimed_work_orders: int
    health_failing: int
    health_degraded: int
    connected_since: datetime | None = None
    last_heartbeat: datetime | None = None
    heartbeat_age_seconds: int | None = None
    last_event_at: datetime | None = None
    seconds_since_last_event: int | None = None
    k8s_reachable: bool | None = None
    k8s_api_latency_ms: int | None = None


@frozen(kw_only=True)
class FleetStatus:
    """An agent and its last events, at most 20, newest first."""

    record: FleetAgent
    recent_events: tuple[AgentEvent, ...]


@frozen(kw_only=True)
class DeploymentHealth:
    """How one object is on one agent; ``summary`` is a text that holds JSON."""

    id: Uuid
    agent_id: Uuid
    deployment_object_id: Uuid
    status: str
    summary: str | None = field(default=None, repr=False)
    checked_at: datetime


@frozen(kw_only=True)
class ObjectHealthReport:
    """How an object is everywhere; one that nobody knows is ``unknown`` and has no records."""

    deployment_object_id: Uuid
    overall_status: str
    health_records: tuple[DeploymentHealth, ...]


@frozen(kw_only=True)
class ObjectHealthCount:
    """On how many agents an object is how."""

    id: Uuid
    status: str
    healthy_agents: int
    degraded_agents: int
    failing_agents: int


@frozen(kw_only=True)
class StackHealthReport:
    """How all objects of a stack are, superseded ones included."""

    stack_id: Uuid
    overall_status: str
    deployment_objects: tuple[ObjectHealthCount, ...]
