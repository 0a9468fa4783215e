"""Fields that may not change once an object exists (the ``Validate…Update`` functions of Kubernetes)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Final

from brokkr_core.model.json import Json, JsonObject, as_object, as_text, dig
from brokkr_core.testing.cluster.paths import compact
from brokkr_core.testing.cluster.quantity import amount
from brokkr_core.testing.cluster.resource import CRDS, StorageId
from brokkr_core.testing.cluster.status import Fault
from brokkr_core.testing.cluster.words import word_set

_RBAC = "rbac.authorization.k8s.io"

_FIXED: Final[Mapping[StorageId, tuple[str, ...]]] = {
    ("apps", "daemonsets"): ("spec.selector",),
    ("apps", "deployments"): ("spec.selector",),
    ("apps", "replicasets"): ("spec.selector",),
    ("batch", "jobs"): ("spec.selector", "spec.template", "spec.completionMode"),
    ("storage.k8s.io", "storageclasses"): ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
    ("scheduling.k8s.io", "priorityclasses"): ("value", "preemptionPolicy"),
    ("node.k8s.io", "runtimeclasses"): ("handler",),
    (_RBAC, "clusterrolebindings"): ("roleRef",),
    (_RBAC, "rolebindings"): ("roleRef",),
    CRDS: ("spec.group", "spec.scope", "spec.names.plural", "spec.names.kind"),
    ("", "secrets"): ("type",),
    ("networking.k8s.io", "ingressclasses"): ("spec.controller",),
}

_STATEFUL_SET_MAY_CHANGE = word_set("""
    minReadySeconds ordinals persistentVolumeClaimRetentionPolicy replicas revisionHistoryLimit template
    updateStrategy
    """)
_STATEFUL_SET = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_CLAIM_MAY_CHANGE = frozenset({"resources", "volumeAttributesClassName", "volumeName"})
_CLAIM = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
_POD_MAY_CHANGE = frozenset(
    {"activeDeadlineSeconds", "containers", "ephemeralContainers", "initContainers", "tolerations"}
    | {"schedulingGates", "terminationGracePeriodSeconds", "nodeName", "nodeSelector", "affinity"}
)
_POD = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def changed_fixed_fields(storage_id: StorageId, old: JsonObject, new: JsonObject) -> list[Fault]:
    """Return a fault for every field that changed and must not.

    Args:
        storage_id: what kind of object it is.
        old: the object before.
        new: the object as it would be stored.
    """
    faults = []
    for name in _FIXED.get(storage_id, ()):
        before, after = dig(old, *name.split(".")), dig(new, *name.split("."))
        if before != after:
            faults.append(_is_immutable(name, after))
    rule = _RULES.get(storage_id)
    return faults if rule is None else [*faults, *rule(old, new)]


def _is_immutable(name: str, value: Json) -> Fault:
    message = f"Invalid value: {compact(value)}: field is immutable"
    return Fault(reason="FieldValueInvalid", message=message, field=name)


def _only(old: JsonObject, new: JsonObject, allowed: frozenset[str], message: str) -> Iterator[Fault]:
    before, after = as_object(old.get("spec")), as_object(new.get("spec"))
    if any(before.get(name) != after.get(name) for name in (before.keys() | after.keys()) - allowed):
        yield Fault(reason="FieldValueForbidden", message=f"Forbidden: {message}", field="spec")


def _stateful_set(old: JsonObject, new: JsonObject) -> Iterator[Fault]:
    for name in ("serviceName", "podManagementPolicy"):
        if dig(old, "spec", name) != dig(new, "spec", name):
            yield _is_immutable(f"spec.{name}", dig(new, "spec", name))
    yield from _only(old, new, _STATEFUL_SET_MAY_CHANGE | {"serviceName", "podManagementPolicy"}, _STATEFUL_SET)


def _claim(old: JsonObject, new: JsonObject) -> Iterator[Fault]:
    """A claim may ask for less again only as long as its volume has not got more."""
    yield from _only(old, new, _CLAIM_MAY_CHANGE, _CLAIM)
    asked, asks = (_storage(body, "spec", "resources", "requests") for body in (old, new))
    if asks < asked and asks <= _storage(old, "status", "capacity"):
        message = "Forbidden: field can not be less than status.capacity"
        yield Fault(reason="FieldValueForbidden", message=message, field="spec.resources.requests.storage")


def _storage(body: JsonObject, *path: str) -> Fraction:
    return amount(as_text(dig(body, *path, "storage")) or "0")


def _pod(old: JsonObject, new: JsonObject) -> Iterator[Fault]:
    return _only(old, new, _POD_MAY_CHANGE, _POD)


def _service(old: JsonObject, new: JsonObject) -> Iterator[Fault]:
    if "ExternalName" in (dig(old, "spec", "type"), dig(new, "spec", "type")):
        return
    before, after = dig(old, "spec", "clusterIP"), dig(new, "spec", "clusterIP")
    if before and before != after:
        message = f"Invalid value: {compact([after])}: may not change once set"
        yield Fault(reason="FieldValueInvalid", message=message, field="spec.clusterIPs[0]")


def _sealed(old: JsonObject, new: JsonObject) -> Iterator[Fault]:
    """Once ``immutable`` is true, neither it nor the data can change."""
    if old.get("immutable") is not True:
        return
    fixed = "Forbidden: field is immutable when `immutable` is set"
    if new.get("immutable") is not True:
        yield Fault(reason="FieldValueForbidden", message=fixed, field="immutable")
    for name in ("data", "binaryData"):
        if old.get(name) != new.get(name):
            yield Fault(reason="FieldValueForbidden", message=fixed, field=name)


def _job(old: JsonObject, new: JsonObject) -> Iterator[Fault]:
    before, after = dig(old, "spec", "completions"), dig(new, "spec", "completions")
    if before != after and dig(new, "spec", "completionMode") != "Indexed":
        yield _is_immutable("spec.completions", after)


_RULES: Final[Mapping[StorageId, Callable[[JsonObject, JsonObject], Iterator[Fault]]]] = {
    ("apps", "statefulsets"): _stateful_set,
    ("", "persistentvolumeclaims"): _claim,
    ("", "pods"): _pod,
    ("", "services"): _service,
    ("", "configmaps"): _sealed,
    ("", "secrets"): _sealed,
    ("batch", "jobs"): _job,
}
