"""What the broker does with what agents say over their WebSocket: store it, pass it on, or drop it (contract 8.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from brokkr_core.testing.broker.decode import Fields, as_shape, misshapen, parse_json
from brokkr_core.testing.broker.errors import foreign_key_violation, refuse
from brokkr_core.testing.broker.events import check_widths, read_event
from brokkr_core.testing.broker.health import WORST_FIRST, put_health
from brokkr_core.testing.broker.heartbeat import put_heartbeat, read_report
from brokkr_core.testing.broker.live.board import Board
from brokkr_core.testing.broker.records import HealthRow
from brokkr_core.testing.broker.records_telemetry import K8sEventRow, PodLogRow
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.telemetry import keep_k8s_event, keep_pod_log


@frozen(kw_only=True)
class Heard:
    """One frame of an agent.

    Args:
        text: as it came.
        agent_id: whose WebSocket it came over.
        now: when.
        new_id: for a new row.
        state: the database.
        board: who is connected.
    """

    text: str
    agent_id: str
    now: datetime
    new_id: Callable[[], str]
    state: State
    board: Board


def hear(heard: Heard) -> str:
    """Do what a frame is for.

    Args:
        heard: the frame.

    Returns:
        Its type.

    Raises:
        ValueError: it is no JSON.
        RefusedError: it is dropped; the agent gets no sign of that, only the broker's log does.
    """
    envelope = Fields(as_shape(parse_json(heard.text.encode()), "the frame"))
    kind, body = envelope.text("type"), envelope.optional_object("body")
    take = _TAKERS.get(kind)
    if take is None or body is None:
        raise misshapen(f"nobody knows the type {kind[:40]!r}, or it has no body")
    take(heard, body)
    return kind


def _heartbeat(heard: Heard, body: Fields) -> None:
    """Whoever the body names, it is the agent of the connection that lives."""
    body.uuid("agent_id"), body.time("sent_at")
    report = read_report(body)
    agent = heard.state.agents.live(heard.agent_id)
    if agent is None:
        raise misshapen("the agent was deleted")
    put_heartbeat(heard.state, agent, report, heard.now)


def _agent_event(heard: Heard, body: Fields) -> None:
    """Store an event; other than over REST no webhook hears of it."""
    _check_full_row(body)
    _own(heard, body)
    event = read_event(body, heard.new_id(), heard.now)
    check_widths(event)
    _check_object(heard, event.deployment_object_id)
    heard.state.events.put(event)


def _agent_health(heard: Heard, body: Fields) -> None:
    _check_full_row(body)
    row = HealthRow(
        id=heard.new_id(),
        agent_id=_own(heard, body),
        deployment_object_id=body.uuid("deployment_object_id"),
        status=body.text("status"),
        summary=body.optional_text("summary"),
        checked_at=body.time("checked_at"),
        created_at=heard.now,
        updated_at=heard.now,
    )
    if row.status not in WORST_FIRST:
        raise refuse(422, "check_violation", "the database refuses any other status")
    _check_object(heard, row.deployment_object_id)
    put_health(heard.state, row)


def _k8s_event(heard: Heard, body: Fields) -> None:
    """Pass it on to who follows the stack, and then store it."""
    about = as_shape(body.any("involved_object"), "body.involved_object")
    inner = Fields(about, "body.involved_object.")
    inner.text("api_version"), inner.text("kind"), inner.text("name")
    row = K8sEventRow(
        id=heard.new_id(),
        agent_id=_own(heard, body),
        stack_id=body.uuid("stack_id"),
        observed_at=body.time("observed_at"),
        reason=body.text("reason"),
        message=body.text("message"),
        event_type=body.text("event_type"),
        source=body.optional_text("source"),
        involved_object=about,
        created_at=heard.now,
    )
    heard.board.fan_out(row.stack_id, heard.text)
    _check_stored(keep_k8s_event(heard.state, row))


def _pod_log_line(heard: Heard, body: Fields) -> None:
    """Pass it on to who follows the stack, and then store it."""
    row = PodLogRow(
        id=heard.new_id(),
        agent_id=_own(heard, body),
        stack_id=body.uuid("stack_id"),
        namespace=body.text("namespace"),
        pod=body.text("pod"),
        container=body.text("container"),
        ts=body.time("ts"),
        line=body.text("line"),
        created_at=heard.now,
    )
    heard.board.fan_out(row.stack_id, heard.text)
    _check_stored(keep_pod_log(heard.state, row))


def _check_stored(stored: bool) -> None:
    if not stored:
        raise foreign_key_violation("stack_id")


def _log_gap(heard: Heard, body: Fields) -> None:
    """Pass it on to who follows the stack it names: nothing of it is compared, and nothing stored."""
    body.uuid("agent_id"), body.time("since_ts"), body.int32("dropped_count"), body.text("reason")
    heard.board.fan_out(body.uuid("stack_id"), heard.text)


def _own(heard: Heard, body: Fields) -> str:
    agent_id = body.uuid("agent_id")
    if agent_id != heard.agent_id:
        raise refuse(403, "agent_pak_mismatch", "the body names another agent than the connection")
    return agent_id


def _check_full_row(body: Fields) -> None:
    """Want the members that the broker does not use but cannot decode a row without."""
    body.uuid("id"), body.time("created_at"), body.time("updated_at")


def _check_object(heard: Heard, object_id: str) -> None:
    if not heard.state.objects.exists(object_id):
        raise foreign_key_violation("deployment_object_id")


_TAKERS: dict[str, Callable[[Heard, Fields], None]] = {
    "heartbeat": _heartbeat,
    "agent_event": _agent_event,
    "agent_health": _agent_health,
    "k8s_event": _k8s_event,
    "pod_log_line": _pod_log_line,
    "log_gap": _log_gap,
}
