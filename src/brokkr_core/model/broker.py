"""The records an agent exchanges with the broker (contract section 4)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from attrs import field, frozen

from brokkr_core.model.sized import sized

#: A UUID as the broker writes it: lower case with hyphens (contract section 1); checked when it is read.
Uuid: TypeAlias = Annotated[str, "uuid"]

#: JSON of any shape, kept as it came.
AnyJson: TypeAlias = Annotated[object, "json"]


@frozen(kw_only=True)
class Identity:
    """Who a PAK belongs to (contract 2.5)."""

    admin: bool
    agent: Uuid | None
    generator: Uuid | None
    readonly: bool = False


@frozen(kw_only=True)
class Agent:
    """An agent as the broker knows it (contract 4.1)."""

    id: Uuid
    name: str
    cluster_name: str
    status: str
    last_heartbeat: datetime | None = None
    k8s_reachable: bool | None = None
    k8s_api_latency_ms: int | None = None

    @property
    def active(self) -> bool:
        """Whether the agent may touch its cluster: exactly ``ACTIVE``, nothing else (contract 5.3)."""
        return self.status == "ACTIVE"


@frozen(kw_only=True)
class Generator:
    """A generator: who owns stacks (contract 4.6)."""

    id: Uuid
    name: str
    description: str | None = None
    is_active: bool = True
    is_system: bool = False


@frozen(kw_only=True)
class Stack:
    """A named series of deployment objects (contract 4.2)."""

    id: Uuid
    name: str
    generator_id: Uuid
    description: str | None = None


@frozen(kw_only=True)
class DeploymentObject:
    """One revision of a stack: immutable text and its checksum (contract 4.3)."""

    id: Uuid
    sequence_id: int
    stack_id: Uuid
    yaml_content: str = field(repr=sized)
    yaml_checksum: str
    is_deletion_marker: bool


@frozen(kw_only=True)
class NewAgentEvent:
    """The terminal event of one attempt (contract 4.4). ``status`` is at most 10 characters."""

    agent_id: Uuid
    deployment_object_id: Uuid
    event_type: str = "DEPLOY"
    status: str
    message: str | None = None


@frozen(kw_only=True)
class AgentEvent:
    """An event the broker has stored (contract 4.4)."""

    id: Uuid
    agent_id: Uuid
    deployment_object_id: Uuid
    event_type: str
    status: str
    message: str | None = None
    created_at: datetime | None = None


@frozen(kw_only=True)
class HeartbeatReport:
    """What a heartbeat says of the cluster (contract 5.5)."""

    k8s_reachable: bool
    k8s_api_latency_ms: int | None = None


@frozen(kw_only=True)
class Registration:
    """An agent's membership with a generator (contract 4.5)."""

    id: Uuid
    agent_id: Uuid
    generator_id: Uuid
    registered_at: datetime | None = None


@frozen(kw_only=True)
class AgentTarget:
    """An explicit order that an agent takes a stack (contract 4.5)."""

    id: Uuid
    agent_id: Uuid
    stack_id: Uuid


@frozen(kw_only=True)
class AgentLabel:
    """A label of an agent (contract 4.5)."""

    id: Uuid
    agent_id: Uuid
    label: str


@frozen(kw_only=True)
class AgentAnnotation:
    """An annotation of an agent (contract 4.5)."""

    id: Uuid
    agent_id: Uuid
    key: str
    value: str


@frozen(kw_only=True)
class StackLabel:
    """A label of a stack (contract 4.5)."""

    id: Uuid
    stack_id: Uuid
    label: str


@frozen(kw_only=True)
class StackAnnotation:
    """An annotation of a stack (contract 4.5)."""

    id: Uuid
    stack_id: Uuid
    key: str
    value: str


@frozen(kw_only=True)
class ResourceHealth:
    """How one resource of a deployment object is (contract 4.10)."""

    kind: str
    name: str
    namespace: str
    ready: bool
    message: str | None = None


@frozen(kw_only=True)
class HealthSummary:
    """What is behind the health of a deployment object (contract 4.10)."""

    pods_ready: int
    pods_total: int
    conditions: tuple[str, ...] = ()
    resources: tuple[ResourceHealth, ...] = ()


@frozen(kw_only=True)
class ObjectHealth:
    """The health of one deployment object as an agent reports it (contract 5.9).

    ``status`` is ``healthy``, ``degraded``, ``failing`` or ``unknown``.
    """

    id: Uuid
    status: str
    summary: HealthSummary | None = None
    checked_at: datetime
