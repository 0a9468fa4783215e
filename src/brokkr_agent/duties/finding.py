"""How well a deployment object is: what is seen of its objects and pods, folded into one report (contract 12.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import IntEnum

from attrs import frozen

from brokkr_core.apply import Readiness, ReadyPolicy, State, assess
from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.errors import cut
from brokkr_core.model.broker import HealthSummary, ObjectHealth, ResourceHealth
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.model.ref import ObjectRef, ref_of

#: Why a container waits that is not well (contract 12.1).
WAITING = frozenset(
    {"ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerConfigError", "InvalidImageName"}
    | {"RunContainerError", "ContainerCannotRun"}
)
#: Why a container ended that is not well.
ENDED = frozenset({"OOMKilled", "Error", "ContainerCannotRun"})

#: What a report says of single resources at most: the worst first, so that what is left out is the least of it.
RESOURCES = 50

#: Work under way, which is no trouble: a Job runs as long as it runs.
_AT_WORK = frozenset({("Job", "NotStarted"), ("Job", "Running")})


class Level(IntEnum):
    """How well something is; the worst of a deployment object decides."""

    HEALTHY = 0
    UNKNOWN = 1
    DEGRADED = 2
    FAILING = 3


@frozen(kw_only=True)
class Finding:
    """One thing that is not well, or not known."""

    level: Level
    condition: str
    resource: ResourceHealth | None = None


@frozen(kw_only=True)
class PodCount:
    """Whether a pod is counted as ready; a pod that has ended well is not counted at all."""

    ready: bool


def of_object(body: JsonObject, *, now: datetime, policy: ReadyPolicy) -> tuple[Finding, ...]:
    """Judge a tracked object by the rules of readiness.

    Args:
        body: the object as read, any kind but Pod.
        now: the cluster's time.
        policy: what counts as ready where that is a matter of taste.

    Returns:
        What is not well with it.
    """
    ref, found = ref_of(body), assess(body, now=now, policy=policy)
    if found.state is State.READY or (ref.kind, found.reason) in _AT_WORK:
        return ()
    level = Level.FAILING if found.state is State.FAILED else Level.DEGRADED
    return (Finding(level=level, condition=found.reason or "NotReady", resource=_resource(ref, str(found))),)


def missing(ref: ObjectRef) -> Finding:
    """Say that a tracked object is not there."""
    return Finding(level=Level.DEGRADED, condition="Missing", resource=_resource(ref, "it does not exist"))


def unseen(what: str) -> Finding:
    """Say that something could not be looked at."""
    return Finding(level=Level.UNKNOWN, condition=f"NotSeen:{what}")


def of_pod(pod: JsonObject, *, now: datetime, policy: ReadyPolicy) -> tuple[Finding, ...]:
    """Judge a pod: by the contract's table, and where that says nothing, by the rules of readiness.

    Args:
        pod: the pod as read.
        now: the cluster's time.
        policy: how long a pod may have trouble.

    Returns:
        What is not well with it.
    """
    phase = as_text(dig(pod, "status", "phase"))
    if phase == "Succeeded":
        return ()
    told = [
        *_of_containers(pod, "containerStatuses", ""),
        *_of_containers(pod, "initContainerStatuses", "InitContainer:"),
    ]
    if phase == "Failed":
        told.append(Finding(level=Level.FAILING, condition="PodFailed", resource=_of(pod, _why(pod))))
    if phase == "Unknown":
        told.append(Finding(level=Level.UNKNOWN, condition="PodUnknown"))
    if not told:
        found: Readiness = assess(pod, now=now, policy=policy)
        if found.state is State.FAILED:
            told.append(Finding(level=Level.DEGRADED, condition=found.reason, resource=_of(pod, str(found))))
    return tuple(told)


def counted(pod: JsonObject) -> PodCount | None:
    """Tell how a pod counts; None when it has ended well."""
    if dig(pod, "status", "phase") == "Succeeded":
        return None
    return PodCount(ready=bool(condition(pod, "Ready")))


def report_of(object_id: str, findings: Iterable[Finding], pods: Iterable[PodCount], *, at: datetime) -> ObjectHealth:
    """Fold everything that was found into one report.

    Args:
        object_id: the deployment object.
        findings: what is not well, or not known.
        pods: its pods.
        at: when this was seen.

    Returns:
        The report; conditions and resources stand in an order of their own, not in that of a listing.
    """
    told, seen = sorted(findings, key=_rank), list(pods)
    resources = [one.resource for one in told if one.resource is not None]
    return ObjectHealth(
        id=object_id,
        status=max((one.level for one in told), default=Level.HEALTHY).name.lower(),
        checked_at=at,
        summary=HealthSummary(
            pods_ready=sum(one.ready for one in seen),
            pods_total=len(seen),
            conditions=tuple(sorted({one.condition for one in told})),
            resources=tuple(resources[:RESOURCES]),
        ),
    )


def _rank(one: Finding) -> tuple[int, str, str, str]:
    resource = one.resource
    return (-one.level, one.condition, resource.namespace if resource else "", resource.name if resource else "")


def _of_containers(pod: JsonObject, field: str, prefix: str) -> Iterator[Finding]:
    for entry in as_list(dig(pod, "status", field)):
        waits = as_text(dig(entry, "state", "waiting", "reason"))
        if waits in WAITING:
            message = as_text(dig(entry, "state", "waiting", "message")) or waits
            yield Finding(level=Level.DEGRADED, condition=prefix + waits, resource=_of(pod, message))
        if not prefix and (ended := _bad_end(entry)):
            yield Finding(level=Level.DEGRADED, condition=ended)


def _bad_end(entry: Json) -> str:
    now = as_text(dig(entry, "state", "terminated", "reason"))
    before = as_text(dig(entry, "lastState", "terminated", "reason"))
    return now if now in ENDED else before if before == "OOMKilled" else ""


def _why(pod: JsonObject) -> str:
    return as_text(dig(pod, "status", "message")) or as_text(dig(pod, "status", "reason")) or "the pod failed"


def _of(pod: JsonObject, message: str) -> ResourceHealth:
    return _resource(ref_of(pod), message)


def _resource(ref: ObjectRef, message: str) -> ResourceHealth:
    return ResourceHealth(kind=ref.kind, name=ref.name, namespace=ref.namespace, ready=False, message=cut(message))
