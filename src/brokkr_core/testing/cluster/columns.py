"""The columns ``kubectl get`` prints, per kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_int, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.clock import parse_rfc3339
from brokkr_core.testing.cluster.resource import CRDS, Resource, StorageId, name_of

Cell: TypeAlias = Callable[[JsonObject, datetime], Json]


@frozen(kw_only=True)
class Column:
    """One column.

    Args:
        priority: 0 is always printed, more only with ``-o wide``.
        cell: reads the value from an object.
    """

    name: str
    type: str = "string"
    priority: int = 0
    cell: Cell

    def definition(self) -> JsonObject:
        """Return the column as a table declares it."""
        shape = "name" if self.name == "Name" else ""
        return {
            "name": self.name,
            "type": self.type,
            "format": shape,
            "description": self.name,
            "priority": self.priority,
        }


def columns_of(resource: Resource) -> tuple[Column, ...]:
    """Return the columns of a resource: its own, or name and age."""
    if resource.columns:
        return (_NAME, *(_printer_column(column) for column in resource.columns))
    return _TABLE.get(resource.storage_id, (_NAME, _AGE))


def _at(*path: str, default: Json = "<none>") -> Cell:
    def cell(body: JsonObject, _now: datetime) -> Json:
        value = dig(body, *path)
        return default if value is None else value

    return cell


def age(since: str, now: datetime) -> str:
    """Write how long ago something was as kubectl does."""
    if not since:
        return "<unknown>"
    seconds = max(0, int((now - parse_rfc3339(since)).total_seconds()))
    for bound, unit, name in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if seconds < bound:
            return f"{seconds // unit}{name}"
    return f"{seconds // 86_400}d"


_NAME = Column(name="Name", cell=lambda body, _now: name_of(body))
_AGE = Column(name="Age", cell=lambda body, now: age(as_text(dig(body, "metadata", "creationTimestamp")), now))


def _ready(body: JsonObject, _now: datetime) -> Json:
    wanted = as_int(dig(body, "spec", "replicas"), 1)
    return f"{as_int(dig(body, 'status', 'readyReplicas'))}/{wanted}"


def _pod_ready(body: JsonObject, _now: datetime) -> Json:
    statuses = as_list(dig(body, "status", "containerStatuses"))
    ready = sum(dig(status, "ready") is True for status in statuses)
    return f"{ready}/{len(as_list(dig(body, 'spec', 'containers')))}"


def _pod_status(body: JsonObject, _now: datetime) -> Json:
    for status in as_list(dig(body, "status", "containerStatuses")):
        reason = as_text(dig(status, "state", "waiting", "reason"))
        if reason:
            return reason
    return as_text(dig(body, "status", "phase")) or "Unknown"


def _restarts(body: JsonObject, _now: datetime) -> Json:
    statuses = as_list(dig(body, "status", "containerStatuses"))
    return sum(as_int(dig(status, "restartCount")) for status in statuses)


def _ports(body: JsonObject, _now: datetime) -> Json:
    parts = []
    for port in as_list(dig(body, "spec", "ports")):
        node = dig(port, "nodePort")
        number = f"{dig(port, 'port')}:{node}" if node else f"{dig(port, 'port')}"
        parts.append(f"{number}/{as_text(dig(port, 'protocol'))}")
    return ",".join(parts) or "<none>"


def _external(body: JsonObject, _now: datetime) -> Json:
    ingress = as_list(dig(body, "status", "loadBalancer", "ingress"))
    if ingress:
        return ",".join(as_text(dig(item, "ip") or dig(item, "hostname")) for item in ingress)
    return "<pending>" if dig(body, "spec", "type") == "LoadBalancer" else "<none>"


def _count(part: str) -> Cell:
    return lambda body, _now: len(as_object(body.get(part)))


def _completions(body: JsonObject, _now: datetime) -> Json:
    wanted = as_int(dig(body, "spec", "completions"), 1)
    return f"{as_int(dig(body, 'status', 'succeeded'))}/{wanted}"


def _job_status(body: JsonObject, _now: datetime) -> Json:
    for condition in as_list(dig(body, "status", "conditions")):
        if dig(condition, "status") == "True":
            return dig(condition, "type")
    return "Running"


def _created(body: JsonObject, _now: datetime) -> Json:
    return dig(body, "metadata", "creationTimestamp")


def _last_seen(body: JsonObject, now: datetime) -> Json:
    return age(as_text(body.get("lastTimestamp")) or as_text(body.get("eventTime")), now)


def _involved(body: JsonObject, _now: datetime) -> Json:
    return f"{as_text(dig(body, 'involvedObject', 'kind')).lower()}/{as_text(dig(body, 'involvedObject', 'name'))}"


def _number(name: str, *path: str) -> Column:
    return Column(name=name, type="integer", cell=_at(*path, default=0))


_TABLE: Final[Mapping[StorageId, tuple[Column, ...]]] = {
    ("", "pods"): (
        _NAME,
        Column(name="Ready", cell=_pod_ready),
        Column(name="Status", cell=_pod_status),
        Column(name="Restarts", cell=_restarts),
        _AGE,
    ),
    ("", "services"): (
        _NAME,
        Column(name="Type", cell=_at("spec", "type")),
        Column(name="Cluster-IP", cell=_at("spec", "clusterIP")),
        Column(name="External-IP", cell=_external),
        Column(name="Port(s)", cell=_ports),
        _AGE,
    ),
    ("", "events"): (
        Column(name="Last Seen", cell=_last_seen),
        Column(name="Type", cell=_at("type")),
        Column(name="Reason", cell=_at("reason")),
        Column(name="Object", cell=_involved),
        Column(name="Source", priority=1, cell=_at("source", "component")),
        Column(name="Message", cell=_at("message")),
        Column(name="Count", type="integer", priority=1, cell=_at("count", default=1)),
    ),
    ("", "configmaps"): (_NAME, Column(name="Data", type="integer", cell=_count("data")), _AGE),
    ("", "secrets"): (
        _NAME,
        Column(name="Type", cell=_at("type")),
        Column(name="Data", type="integer", cell=_count("data")),
        _AGE,
    ),
    ("", "namespaces"): (_NAME, Column(name="Status", cell=_at("status", "phase")), _AGE),
    ("", "persistentvolumeclaims"): (
        _NAME,
        Column(name="Status", cell=_at("status", "phase")),
        Column(name="Volume", cell=_at("spec", "volumeName", default="")),
        Column(name="Capacity", cell=_at("status", "capacity", "storage", default="")),
        _AGE,
    ),
    ("apps", "deployments"): (
        _NAME,
        Column(name="Ready", cell=_ready),
        _number("Up-to-date", "status", "updatedReplicas"),
        _number("Available", "status", "availableReplicas"),
        _AGE,
    ),
    ("apps", "statefulsets"): (_NAME, Column(name="Ready", cell=_ready), _AGE),
    ("apps", "replicasets"): (
        _NAME,
        _number("Desired", "spec", "replicas"),
        _number("Current", "status", "replicas"),
        _number("Ready", "status", "readyReplicas"),
        _AGE,
    ),
    ("apps", "daemonsets"): (
        _NAME,
        _number("Desired", "status", "desiredNumberScheduled"),
        _number("Current", "status", "currentNumberScheduled"),
        _number("Ready", "status", "numberReady"),
        _number("Up-to-date", "status", "updatedNumberScheduled"),
        _number("Available", "status", "numberAvailable"),
        _AGE,
    ),
    ("batch", "jobs"): (
        _NAME,
        Column(name="Status", cell=_job_status),
        Column(name="Completions", cell=_completions),
        _AGE,
    ),
    CRDS: (_NAME, Column(name="Created At", type="date", cell=_created)),
}


def _printer_column(column: JsonObject) -> Column:
    name, path = as_text(column.get("name")), as_text(column.get("jsonPath"))
    date = column.get("type") == "date"

    def cell(body: JsonObject, now: datetime) -> Json:
        value = _json_path(body, path)
        return age(as_text(value), now) if date else value

    kind = "string" if date else as_text(column.get("type"))
    return Column(name=name, type=kind, priority=as_int(column.get("priority")), cell=cell)


_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\[\?\(@\.(\w+)==['\"]([^'\"]*)['\"]\)\]")


def _json_path(body: Json, path: str) -> Json:
    """Follow the JSON paths that printer columns use: fields, indexes, and a filter by equality."""
    value = body
    for name, index, key, wanted in _STEP.findall(path):
        if name:
            value = dig(value, name)
        elif index:
            items = as_list(value)
            value = items[int(index)] if int(index) < len(items) else None
        else:
            value = next((item for item in as_list(value) if dig(item, key) == wanted), None)
    return value
