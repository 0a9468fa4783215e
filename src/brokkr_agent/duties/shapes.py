"""The texts of a diagnostic result: pods, events and logs in the shapes that consumers expect (contract 5.10). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import nlargest

from brokkr_agent.duties.redact import Redaction
from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.errors import cut
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.model.work import NewDiagnosticResult

#: Bounds of one result, so that it stays below the broker's 2 MiB whatever the pods say (contract 5.10).
POD_BYTES = 600 * 1024
EVENT_BYTES = 300 * 1024
LOG_BYTES_IN_ALL = 900 * 1024
#: Of each namespace (contract 12.2).
EVENTS = 50

_TOO_MUCH = "Error: left out, the result would be too large"


def pod_status(pod: JsonObject) -> JsonObject:
    """Write a pod as the contract has it."""
    conditions: list[Json] = [
        {
            "condition_type": dig(one, "type"),
            "status": dig(one, "status"),
            "reason": dig(one, "reason"),
            "message": _cut(dig(one, "message")),
        }
        for one in as_list(dig(pod, "status", "conditions"))
    ]
    return {
        "name": dig(pod, "metadata", "name"),
        "namespace": dig(pod, "metadata", "namespace"),
        "phase": as_text(dig(pod, "status", "phase")) or "Unknown",
        "conditions": conditions,
        "containers": [_container(one) for one in as_list(dig(pod, "status", "containerStatuses"))],
    }


def event_of(event: JsonObject) -> JsonObject:
    """Write an Event as the contract has it."""
    return {
        "event_type": dig(event, "type"),
        "reason": dig(event, "reason"),
        "message": _cut(dig(event, "message")),
        "involved_object": as_text(dig(event, "involvedObject", "name")) or "unknown",
        "involved_object_kind": dig(event, "involvedObject", "kind"),
        "first_timestamp": dig(event, "firstTimestamp"),
        "last_timestamp": dig(event, "lastTimestamp"),
        "count": dig(event, "count"),
    }


def newest(events: Iterable[JsonObject]) -> list[JsonObject]:
    """Choose the newest Events of a namespace without keeping the others."""
    return nlargest(EVENTS, events, key=_when)


def result_of(
    pods: Iterable[JsonObject],
    events: Iterable[JsonObject],
    logs: Mapping[str, str],
    *,
    redaction: Redaction,
    at: datetime,
) -> NewDiagnosticResult:
    """Put a result together: redacted first and shortened then, so that no cut leaves half a secret.

    Args:
        pods: the pods, as read.
        events: the Events, as read.
        logs: the end of each container's log, by ``<pod>/<container>``.
        redaction: what must not be told.
        at: when it was collected.

    Returns:
        The result; pods that are not ready come first, and what does not fit is left out.
    """
    told = (pod_status(as_object(redaction.json(pod))) for pod in sorted(pods, key=_readiness))
    happened = (event_of(as_object(redaction.json(one))) for one in events)
    return NewDiagnosticResult(
        pod_statuses=_text(_first(told, POD_BYTES)),
        events=_text(_first(happened, EVENT_BYTES)),
        log_tails=_text(_shortest({name: redaction.text(text) for name, text in logs.items()})),
        collected_at=at,
    )


def failed_result(why: str, *, at: datetime) -> NewDiagnosticResult:
    """Say that nothing could be collected: there is no other way to report a failure (contract 5.10)."""
    return NewDiagnosticResult(pod_statuses="[]", events=_text([{"error": cut(why)}]), collected_at=at)


def _first(entries: Iterable[JsonObject], most: int) -> list[Json]:
    """Take entries as long as there is room."""
    kept: list[Json] = []
    for one in entries:
        most -= _travels(one)
        if most < 0:
            break
        kept.append(one)
    return kept


def _shortest(logs: Mapping[str, str]) -> JsonObject:
    """Leave out what is too much, the longest logs first."""
    left, kept = LOG_BYTES_IN_ALL, {}
    for size, name in sorted((_travels({name: text}), name) for name, text in logs.items()):
        kept[name] = logs[name] if size <= left else _TOO_MUCH
        left -= size if size <= left else 0
    return dict(sorted(kept.items()))


def _travels(value: Json) -> int:
    """Return the bytes a value takes on its way: JSON in a text of JSON, so that a quote becomes four."""
    return len(json.dumps(json.dumps(value)))


def _container(one: Json) -> JsonObject:
    state = next(((word, dig(one, "state", word.lower())) for word in _STATES if dig(one, "state", word.lower())), None)
    return {
        "name": dig(one, "name"),
        "ready": dig(one, "ready"),
        "restart_count": dig(one, "restartCount"),
        "state": state[0] if state else "Unknown",
        "state_reason": dig(state[1], "reason") if state else None,
        "state_message": _cut(dig(state[1], "message")) if state else None,
    }


_STATES = ("Running", "Waiting", "Terminated")


def _readiness(pod: JsonObject) -> tuple[bool, str]:
    return bool(condition(pod, "Ready")), as_text(dig(pod, "metadata", "name"))


def _when(event: JsonObject) -> str:
    return as_text(dig(event, "lastTimestamp")) or as_text(dig(event, "eventTime"))


def _cut(text: Json) -> Json:
    return cut(text) if isinstance(text, str) else None


def _text(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))
