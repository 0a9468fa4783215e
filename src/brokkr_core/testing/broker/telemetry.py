"""What agents streamed of their clusters: kept for six hours, read by operators (contract 7.1).

The WebSocket writes here through :func:`keep_k8s_event` and :func:`keep_pod_log`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.records_telemetry import K8sEventRow, PodLogRow
from brokkr_core.testing.broker.roles import owned_stack
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.timers import Sweep
from brokkr_core.testing.broker.wire import plain, row_json

RETENTION_SECONDS = 6 * 3600
DEFAULT_LIMIT = 500
MOST = 5000

_HINT = "a fake broker keeps nothing longer; send what you need to a store of your own"


def keep_k8s_event(state: State, row: K8sEventRow) -> bool:
    """Store an event of a cluster.

    Args:
        state: the database.
        row: what came; its ``created_at`` is the time it came.

    Returns:
        Whether it was stored: not when agent or stack are unknown.
    """
    if not _points_somewhere(state, row.agent_id, row.stack_id):
        return False
    state.k8s_events.put(row)
    return True


def keep_pod_log(state: State, row: PodLogRow) -> bool:
    """Store a line of a pod; arguments and result as for :func:`keep_k8s_event`."""
    if not _points_somewhere(state, row.agent_id, row.stack_id):
        return False
    state.pod_logs.put(row)
    return True


def events_of_stack(call: Call) -> Response:
    """Answer with the events of clusters about a stack, newest first."""
    since, limit = _window(call)
    owned_stack(call, call.id)
    rows = call.state.k8s_events.where(lambda row: row.stack_id == call.id and row.observed_at >= since)
    found = sorted(rows, key=lambda row: row.observed_at)[: -limit - 1 : -1]
    retention = _retention(row.observed_at for row in rows)
    return Response.of_json(200, {"retention": retention, "events": [row_json(row) for row in found]})


def logs_of_stack(call: Call) -> Response:
    """Answer with the lines of a stack's pods, newest first."""
    since, limit = _window(call)
    owned_stack(call, call.id)
    rows = call.state.pod_logs.where(lambda row: row.stack_id == call.id and row.ts >= since)
    found = sorted(rows, key=lambda row: row.ts)[: -limit - 1 : -1]
    retention = _retention(row.ts for row in rows)
    return Response.of_json(200, {"retention": retention, "lines": [row_json(row) for row in found]})


def evict(sweep: Sweep) -> None:
    """Delete what came more than six hours ago."""
    oldest = sweep.now - timedelta(seconds=RETENTION_SECONDS)
    sweep.state.k8s_events.purge(lambda row: row.created_at < oldest)
    sweep.state.pod_logs.purge(lambda row: row.created_at < oldest)


def _points_somewhere(state: State, agent_id: str, stack_id: str) -> bool:
    return state.agents.exists(agent_id) and state.stacks.exists(stack_id)


def _window(call: Call) -> tuple[datetime, int]:
    since, limit = call.query_time("since"), call.query_integer("limit")
    floor = call.now - timedelta(seconds=RETENTION_SECONDS)
    limit = DEFAULT_LIMIT if limit is None else limit
    return floor if since is None else max(since, floor), min(max(limit, 1), MOST)


def _retention(moments: Iterable[datetime]) -> JsonObject:
    return {
        "retention_ceiling_seconds": RETENTION_SECONDS,
        "effective_retention_seconds": RETENTION_SECONDS,
        "oldest_available_ts": plain(min(moments, default=None)),
        "long_term_sink_hint": _HINT,
    }


ROUTES = (
    Route(method="GET", template="/stacks/{id}/events", handler=events_of_stack),
    Route(method="GET", template="/stacks/{id}/logs", handler=logs_of_stack),
)
