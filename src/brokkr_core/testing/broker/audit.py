"""The audit log: who did what (contract 4.15, 6.9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from brokkr_core.model.broker import Identity
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.live.gate import is_live
from brokkr_core.testing.broker.records_hooks import AuditRow
from brokkr_core.testing.broker.roles import require_admin
from brokkr_core.testing.broker.routing import API
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.timers import Sweep
from brokkr_core.testing.broker.wire import row_json

DEFAULT_LIMIT = 100
MOST = 1000
KEPT_DAYS = 90

#: Named for changes of agents, of their PAKs and of stacks, whoever made them (contract 6.9).
ADMIN = ("admin", None)
#: Named for what the broker does by itself.
SYSTEM = ("system", None)


def record(
    call: Call,
    action: str,
    resource_type: str,
    resource_id: str | None,
    details: Mapping[str, Json] | None = None,
    *,
    actor: tuple[str, str | None] | None = None,
) -> None:
    """Write down what a call did.

    Args:
        call: whose doing it is.
        action: such as ``agent.created``.
        resource_type: such as ``agent``.
        resource_id: which one.
        details: whatever may help.
        actor: whom to name instead of the caller.
    """
    actor_type, actor_id = actor or _actor(call.caller)
    call.state.audit.put(
        AuditRow(
            id=call.new_id(),
            timestamp=call.now,
            actor_type=actor_type,
            actor_id=actor_id,
            action=action,
            resource_type=resource_type,
            resource_id=resource_id,
            details=details,
            ip_address=forwarded_for(call.request),
            created_at=call.now,
        )
    )


def record_stranger(state: State, request: Request, now: datetime, entry_id: str) -> None:
    """Write down a PAK that nobody has; a request without any is not worth a line (contract 2.4).

    A call of the API is named without ``/api/v1``, a WebSocket with it.
    """
    path = request.path if is_live(request.path) else request.path.removeprefix(API)
    state.audit.put(
        AuditRow(
            id=entry_id,
            timestamp=now,
            actor_type=SYSTEM[0],
            actor_id=SYSTEM[1],
            action="auth.failed",
            resource_type="system",
            details={"reason": "invalid_pak", "path": path},
            ip_address=forwarded_for(request),
            created_at=now,
        )
    )


def list_audit_logs(call: Call) -> Response:
    """Answer with a page of the log, newest first."""
    limit, offset = call.query_integer("limit"), call.query_integer("offset")
    wanted = _Filter(call)
    require_admin(call)
    limit = min(max(DEFAULT_LIMIT if limit is None else limit, 1), MOST)
    offset = max(offset or 0, 0)
    rows = [row for row in reversed(list(call.state.audit)) if wanted(row)]
    logs = [_entry(call, row) for row in rows[offset : offset + limit]]
    page: JsonObject = {
        "logs": [*logs],
        "total": len(rows),
        "count": len(logs),
        "limit": limit,
        "offset": offset,
    }
    return Response.of_json(200, page)


def expire(sweep: Sweep) -> None:
    """Delete entries that are older than 90 days."""
    oldest = sweep.now - timedelta(days=KEPT_DAYS)
    sweep.state.audit.purge(lambda row: row.created_at < oldest)


def forwarded_for(request: Request) -> str | None:
    """Return the first address of ``X-Forwarded-For``, the only one the broker knows (contract 2.4)."""
    return request.headers.get("x-forwarded-for", "").partition(",")[0].strip() or None


class _Filter:
    """The parameters of a search; an action may end in ``*``."""

    def __init__(self, call: Call) -> None:
        query = call.request.query
        self._actor_id, self._resource_id = call.query_uuid("actor_id"), call.query_uuid("resource_id")
        self._since, self._until = call.query_time("from"), call.query_time("to")
        self._actor_type, self._resource_type = query.get("actor_type"), query.get("resource_type")
        self._action = query.get("action")

    def __call__(self, row: AuditRow) -> bool:
        pairs = (
            (self._actor_type, row.actor_type),
            (self._actor_id, row.actor_id),
            (self._resource_type, row.resource_type),
            (self._resource_id, row.resource_id),
        )
        return (
            all(wanted in (None, found) for wanted, found in pairs)
            and self._acted(row.action)
            and (self._since is None or row.timestamp >= self._since)
            and (self._until is None or row.timestamp < self._until)
        )

    def _acted(self, action: str) -> bool:
        if self._action is None:
            return True
        if self._action.endswith("*"):
            return action.startswith(self._action[:-1])
        return action == self._action


def _actor(caller: Identity) -> tuple[str, str | None]:
    if caller.agent is not None:
        return "agent", caller.agent
    if caller.generator is not None:
        return "generator", caller.generator
    return ADMIN


def _entry(call: Call, row: AuditRow) -> JsonObject:
    return {**row_json(row), "actor_name": _name(call, row)}


def _name(call: Call, row: AuditRow) -> str | None:
    if row.actor_id is None:
        return row.actor_type
    known = call.state.agents.row(row.actor_id) or call.state.generators.row(row.actor_id)
    return known.name if known is not None else None


ROUTES = (Route(method="GET", template="/admin/audit-logs", handler=list_audit_logs),)
