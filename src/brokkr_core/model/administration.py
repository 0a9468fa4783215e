"""Running a broker: its audit log, its PAKs, its settings, its connections (contract 4.5, 4.15, 6.2, 6.9)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.broker import AnyJson, Uuid


@frozen(kw_only=True)
class AuditLog:
    """Who did what; ``actor_type`` is admin, agent, generator or system."""

    id: Uuid
    timestamp: datetime
    actor_type: str
    action: str
    resource_type: str
    actor_id: Uuid | None = None
    actor_name: str | None = None
    resource_id: Uuid | None = None
    details: AnyJson = None
    ip_address: str | None = None
    user_agent: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class AuditPage:
    """A page of the audit log, newest first; ``total`` counts all that fit."""

    logs: tuple[AuditLog, ...]
    total: int
    count: int
    limit: int
    offset: int


@frozen(kw_only=True)
class PakHolder:
    """A generator that has a PAK; the PAK itself cannot be read."""

    id: Uuid
    name: str


@frozen(kw_only=True)
class ConfigChange:
    """A setting that changed."""

    key: str
    old_value: str
    new_value: str


@frozen(kw_only=True)
class ConfigReload:
    """What reading the settings again changed."""

    reloaded_at: datetime
    changes: tuple[ConfigChange, ...]
    success: bool
    message: str | None = None


@frozen(kw_only=True)
class Connection:
    """A WebSocket that an agent holds."""

    agent_id: Uuid
    connected_since: datetime
    messages_in: int
    messages_out: int


@frozen(kw_only=True)
class Connections:
    """The WebSockets of the process that answered; other replicas have their own."""

    connected_agents: int
    connections: tuple[Connection, ...]
    live_subscribers: int
