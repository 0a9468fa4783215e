"""Running a broker: audit log, PAKs, settings, connections (contract 6.2 and 6.9)."""

from __future__ import annotations

from datetime import datetime

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.ask import ask
from brokkr_core.broker.endpoints.query import query_of
from brokkr_core.broker.operations import Caller
from brokkr_core.model.administration import AuditPage, ConfigReload, Connections, PakHolder


class Administration:
    """What concerns the broker itself (admin only)."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def audit_logs(
        self,
        *,
        actor_type: str | None = None,
        actor_id: str | None = None,
        action: str | None = None,
        resource_type: str | None = None,
        resource_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> AuditPage:
        """Read a page of the audit log, newest first; None does not filter.

        Args:
            actor_type: admin, agent, generator or system.
            actor_id: who.
            action: such as ``agent.created``; ``agent.*`` takes all that begin so.
            resource_type: such as ``agent``.
            resource_id: about what.
            since: not before this.
            until: before this.
            limit: 1 to 1000.
            offset: how many to pass over.

        Returns:
            The page, and how many entries fit in all.

        Raises:
            UsageError: a time has no time zone.
        """
        query = query_of(
            actor_type=actor_type,
            actor_id=actor_id,
            action=action,
            resource_type=resource_type,
            resource_id=resource_id,
            from_=since,
            to=until,
            limit=limit,
            offset=offset,
        )
        return ask(self._caller, operations.AUDIT_LOGS, AuditPage, query=query)

    def paks(self) -> tuple[PakHolder, ...]:
        """List the generators that have a PAK."""
        return ask(self._caller, operations.PAK_LIST, tuple[PakHolder, ...])

    def reload_config(self) -> ConfigReload:
        """Let the broker read its settings again; 503 ``config_reload_disabled`` when it does not."""
        return ask(self._caller, operations.CONFIG_RELOAD, ConfigReload)

    def connections(self) -> Connections:
        """List the WebSockets of the process that answers."""
        return ask(self._caller, operations.CONNECTION_LIST, Connections)
