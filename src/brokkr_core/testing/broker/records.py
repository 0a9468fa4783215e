"""The rows the broker keeps, as frozen values (contract section 4)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.sized import sized

#: Marks a member that never leaves the broker.
PRIVATE = {"private": True}

#: Marks a member that is left out when it is null, other than the rest (contract 1).
OMIT_NULL = {"omit_null": True}


@frozen(kw_only=True)
class Row:
    """Anything with an id."""

    id: str

    @property
    def alive(self) -> bool:
        """Whether readers see the row."""
        return True


@frozen(kw_only=True)
class DatedRow(Row):
    """A row that is marked as deleted instead of being removed."""

    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None

    @property
    def alive(self) -> bool:
        """Whether the row is not soft-deleted."""
        return self.deleted_at is None


@frozen(kw_only=True)
class AgentRow(DatedRow):
    """An agent (contract 4.1)."""

    name: str
    cluster_name: str
    last_heartbeat: datetime | None = None
    status: str = "INACTIVE"
    k8s_reachable: bool | None = None
    k8s_api_latency_ms: int | None = None
    k8s_reported_at: datetime | None = None
    pak_hash: str = field(metadata=PRIVATE, repr=False)


@frozen(kw_only=True)
class GeneratorRow(DatedRow):
    """A generator (contract 4.6); the system generator has no PAK."""

    name: str
    description: str | None = None
    last_active_at: datetime | None = None
    is_active: bool = True
    is_system: bool = False
    pak_hash: str | None = field(default=None, metadata=PRIVATE, repr=False)


@frozen(kw_only=True)
class StackRow(DatedRow):
    """A stack (contract 4.2)."""

    name: str
    description: str | None = None
    generator_id: str


@frozen(kw_only=True)
class ObjectRow(DatedRow):
    """A deployment object (contract 4.3)."""

    sequence_id: int
    stack_id: str
    yaml_content: str = field(repr=sized)
    yaml_checksum: str
    submitted_at: datetime
    is_deletion_marker: bool


@frozen(kw_only=True)
class EventRow(DatedRow):
    """An event an agent reported (contract 4.4)."""

    agent_id: str
    deployment_object_id: str
    event_type: str
    status: str
    message: str | None = None


@frozen(kw_only=True)
class HealthRow(Row):
    """The health of one object on one agent (contract 4.10)."""

    agent_id: str
    deployment_object_id: str
    status: str
    summary: str | None
    checked_at: datetime
    created_at: datetime
    updated_at: datetime


@frozen(kw_only=True)
class RegistrationRow(Row):
    """An agent that joined a generator (contract 4.5)."""

    agent_id: str
    generator_id: str
    registered_at: datetime


@frozen(kw_only=True)
class TargetRow(Row):
    """A stack an agent was explicitly given (contract 4.5)."""

    agent_id: str
    stack_id: str


@frozen(kw_only=True)
class AgentLabelRow(Row):
    """A label of an agent (contract 4.5)."""

    agent_id: str
    label: str


@frozen(kw_only=True)
class AgentAnnotationRow(Row):
    """An annotation of an agent (contract 4.5)."""

    agent_id: str
    key: str
    value: str


@frozen(kw_only=True)
class StackLabelRow(Row):
    """A label of a stack (contract 4.5)."""

    stack_id: str
    label: str


@frozen(kw_only=True)
class StackAnnotationRow(Row):
    """An annotation of a stack (contract 4.5)."""

    stack_id: str
    key: str
    value: str
