"""When an object is ready: kstatus' rules per kind, as pure functions over the object as read.

Source: kubernetes-sigs/cli-utils ``kstatus`` for the rules, with its best-known holes closed: a Job is ready when
it is complete, a Pod in phase Failed has failed, a workload without ``observedGeneration`` was not seen yet, and a
claim that waits for its first consumer does not hold up that consumer.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from attrs import frozen

from brokkr_core.apply.conditions import condition, outdated
from brokkr_core.model.json import Json, JsonObject, as_int, as_list, as_text, dig
from brokkr_core.model.ref import GroupKind, ref_of


class State(StrEnum):
    """How far an object is."""

    READY = "ready"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"


@frozen(kw_only=True)
class Readiness:
    """How far an object is, and what is missing."""

    state: State
    reason: str = ""  #: a word to branch on
    message: str = ""

    def __str__(self) -> str:
        return self.message or self.reason or str(self.state)


READY = Readiness(state=State.READY)


def assess(body: JsonObject) -> Readiness:
    """Judge one object.

    Args:
        body: the object as the API server returned it, status included.

    Returns:
        Ready, in progress with what is missing, or failed with why.
    """
    if dig(body, "metadata", "deletionTimestamp") is not None:
        return _progress("Terminating", f"is being deleted{_finalizers(body)}")
    rule = _RULES.get(ref_of(body).group_kind)
    early = _generation(body, required=rule in _CONTROLLED) or _conditions(body) or _stalled(body)
    return early or (rule or _generic)(body)


def _progress(reason: str, message: str) -> Readiness:
    return Readiness(state=State.IN_PROGRESS, reason=reason, message=message)


def _failed(reason: str, message: str) -> Readiness:
    return Readiness(state=State.FAILED, reason=reason, message=message)


def _finalizers(body: JsonObject) -> str:
    names = [as_text(name) for name in as_list(dig(body, "metadata", "finalizers"))]
    return f"; finalizers left: {', '.join(names)}" if names else ""


def _generation(body: JsonObject, *, required: bool) -> Readiness | None:
    generation = dig(body, "metadata", "generation")
    observed = dig(body, "status", "observedGeneration")
    if not isinstance(observed, int):  # Argo Rollouts writes text here: not a number, not an answer
        return _progress("NotObserved", "its controller has not seen it yet") if required else None
    if isinstance(generation, int) and observed < generation:
        return _progress("NotObserved", f"its controller is at generation {observed} of {generation}")
    return None


def _conditions(body: JsonObject) -> Readiness | None:
    late = outdated(body)
    return _progress("NotObserved", f"its condition {late} is of an earlier generation") if late else None


def _stalled(body: JsonObject) -> Readiness | None:
    if condition(body, "Stalled")[0] == "True":
        return _failed(*condition(body, "Stalled")[1:])
    if condition(body, "Reconciling")[0] == "True":
        return _progress(*condition(body, "Reconciling")[1:])
    return None


def _generic(body: JsonObject) -> Readiness:
    status, reason, message = condition(body, "Ready")
    if status in ("", "True"):
        return READY
    return _progress(reason or "NotReady", message or "its Ready condition is not True")


def _replicas(wanted: int, body: JsonObject, checks: tuple[tuple[str, str], ...]) -> Readiness | None:
    for member, word in checks:
        have = as_int(dig(body, "status", member))
        if have < wanted:
            return _progress("Replicas", f"{have} of {wanted} replicas {word}")
    return None


def _extra(wanted: int, body: JsonObject) -> Readiness | None:
    extra = as_int(dig(body, "status", "replicas")) - wanted
    return _progress("Replicas", f"{extra} old replicas still to end") if extra > 0 else None


def _deployment(body: JsonObject) -> Readiness:
    status, reason, message = condition(body, "Progressing")
    if reason == "ProgressDeadlineExceeded":
        return _failed(reason, message or "no progress within its progress deadline")
    if dig(body, "spec", "paused") is True:
        return READY
    wanted = as_int(dig(body, "spec", "replicas"), 1)
    lacking = _replicas(wanted, body, (("updatedReplicas", "updated"),))
    if lacking:
        return lacking
    extra = _extra(wanted, body)
    if extra:
        return extra
    lacking = _replicas(wanted, body, (("availableReplicas", "available"), ("readyReplicas", "ready")))
    if lacking:
        return lacking
    if condition(body, "Available")[0] == "False":
        return _progress(*condition(body, "Available")[1:])
    if status == "False":
        return _progress(reason, message)
    return READY


def _stateful_set(body: JsonObject) -> Readiness:
    if dig(body, "spec", "updateStrategy", "type") == "OnDelete":
        return READY
    wanted = as_int(dig(body, "spec", "replicas"), 1)
    partition = as_int(dig(body, "spec", "updateStrategy", "rollingUpdate", "partition"))
    lacking = _replicas(wanted, body, (("replicas", "created"), ("readyReplicas", "ready")))
    lacking = lacking or _replicas(wanted - partition, body, (("updatedReplicas", "updated"),))
    return lacking or _extra(wanted, body) or READY


def _daemon_set(body: JsonObject) -> Readiness:
    if dig(body, "spec", "updateStrategy", "type") == "OnDelete":
        return READY
    if dig(body, "status", "desiredNumberScheduled") is None:
        return _progress("NotObserved", "its controller has not counted the nodes yet")
    wanted = as_int(dig(body, "status", "desiredNumberScheduled"))
    checks = (
        ("currentNumberScheduled", "scheduled"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    )
    return _replicas(wanted, body, checks) or READY


def _replica_set(body: JsonObject) -> Readiness:
    wanted = as_int(dig(body, "spec", "replicas"), 1)
    lacking = _replicas(wanted, body, (("availableReplicas", "available"), ("readyReplicas", "ready")))
    return lacking or _extra(wanted, body) or READY


def _job(body: JsonObject) -> Readiness:
    if condition(body, "Failed")[0] == "True":
        return _failed(condition(body, "Failed")[1], condition(body, "Failed")[2] or "the Job failed")
    if condition(body, "Complete")[0] == "True" or dig(body, "spec", "suspend") is True:
        return READY
    return _progress("Running", f"the Job has {as_int(dig(body, 'status', 'active'))} active pods and is not complete")


def _pod(body: JsonObject) -> Readiness:
    phase = as_text(dig(body, "status", "phase"))
    if phase == "Failed":
        return _failed("PodFailed", as_text(dig(body, "status", "message")) or "the Pod failed")
    if phase == "Succeeded" or condition(body, "Ready")[0] == "True":
        return READY
    return _progress(phase or "Pending", _waiting_container(body) or f"the Pod is {phase or 'Pending'}, not Ready")


def _waiting_container(body: JsonObject) -> str:
    for entry in as_list(dig(body, "status", "containerStatuses")):
        reason = as_text(dig(entry, "state", "waiting", "reason"))
        if reason:
            return f"container {as_text(dig(entry, 'name'))} waits: {reason}"
    return ""


def _claim(body: JsonObject) -> Readiness:
    if dig(body, "status", "phase") == "Lost":
        return _failed("Lost", "the claim lost its volume")
    return READY  # Pending may wait for its first consumer, which waits for us


def _service(body: JsonObject) -> Readiness:
    if dig(body, "spec", "type") != "LoadBalancer" or as_list(dig(body, "status", "loadBalancer", "ingress")):
        return READY
    return _progress("NoAddress", "the load balancer has no address yet")


def _definition(body: JsonObject) -> Readiness:
    names, reason, message = condition(body, "NamesAccepted")
    if names == "False":
        return _failed(reason, message)
    established, reason, message = condition(body, "Established")
    if established == "True" and names == "True":
        return READY
    if established == "False" and reason not in ("", "Installing", "NotAccepted"):
        return _failed(reason, message)
    return _progress("Installing", "the CustomResourceDefinition is not established yet")


def _namespace(body: JsonObject) -> Readiness:
    phase: Json = dig(body, "status", "phase")
    return READY if phase in (None, "Active") else _progress("Terminating", "the namespace is being terminated")


def _api_service(body: JsonObject) -> Readiness:
    status, reason, message = condition(body, "Available")
    return READY if status == "True" else _progress(reason or "NotAvailable", message or "not Available yet")


_RULES: dict[GroupKind, Callable[[JsonObject], Readiness]] = {
    GroupKind(group="apps", kind="Deployment"): _deployment,
    GroupKind(group="apps", kind="StatefulSet"): _stateful_set,
    GroupKind(group="apps", kind="DaemonSet"): _daemon_set,
    GroupKind(group="apps", kind="ReplicaSet"): _replica_set,
    GroupKind(group="batch", kind="Job"): _job,
    GroupKind(group="", kind="Pod"): _pod,
    GroupKind(group="", kind="PersistentVolumeClaim"): _claim,
    GroupKind(group="", kind="Service"): _service,
    GroupKind(group="", kind="Namespace"): _namespace,
    GroupKind(group="apiextensions.k8s.io", kind="CustomResourceDefinition"): _definition,
    GroupKind(group="apiregistration.k8s.io", kind="APIService"): _api_service,
}

#: Kinds whose status means nothing until their controller has written ``observedGeneration``.
_CONTROLLED = frozenset({_deployment, _stateful_set, _daemon_set, _replica_set})
