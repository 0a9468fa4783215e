"""How a new object comes to be, whether it was posted or applied."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_object, as_text, dig
from brokkr_core.testing.cluster.admission import check_valid, rehung
from brokkr_core.testing.cluster.copying import fresh_object
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.defaulting import allocate, job_selector
from brokkr_core.testing.cluster.options import Call
from brokkr_core.testing.cluster.resource import CRDS, name_of
from brokkr_core.testing.cluster.status import already_exists, forbidden
from brokkr_core.testing.cluster.verbs.change import with_storage_version
from brokkr_core.testing.cluster.words import word_set

#: How many letters of ``generateName`` are kept before the suffix.
_LONGEST_PREFIX = 58

_SERVER_SET = word_set(
    "uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds selfLink"
)


def named(core: Core, body: JsonObject) -> JsonObject:
    """Return the body with a name, generated if it asks for one."""
    metadata = as_object(body.get("metadata"))
    prefix = as_text(metadata.get("generateName"))
    if as_text(metadata.get("name")) or not prefix:
        return body
    name = prefix[:_LONGEST_PREFIX] + core.identities.suffix()
    return {**body, "metadata": {**metadata, "name": name}}


def bear(core: Core, call: Call, body: JsonObject) -> JsonObject:
    """Make a decoded body with its managers a new object and store it, unless this is a dry run.

    Args:
        core: the cluster.
        call: the request, for which there is room.
        body: the object with defaults and managedFields.

    Returns:
        The object as created.

    Raises:
        Refusal: it cannot be created.
    """
    _check_definition_alive(core, call, name_of(body))
    body = _mutated(core, call, body)
    key = call.resource.key(call.namespace, name_of(body))
    new = _with_kind_content(core, call, _with_server_fields(core, call, body))
    check_valid(call, new)
    core.hooks.validate(call, "CREATE", new, {})
    if (there := core.store.get(call.resource.storage_id, key)) is not None:
        going = dig(there, "metadata", "deletionTimestamp") is not None
        raise already_exists(call.resource.target(key[1]), going=going)
    if call.options.dry_run:
        return new
    return core.store.put(call.resource.storage_id, key, new)


def _mutated(core: Core, call: Call, body: JsonObject) -> JsonObject:
    mutated = core.hooks.mutated(call, "CREATE", body, {})
    return body if mutated is body else rehung(call, mutated, body)


def _with_server_fields(core: Core, call: Call, body: JsonObject) -> JsonObject:
    sent = as_object(body.get("metadata"))
    metadata = {name: value for name, value in sent.items() if name not in _SERVER_SET}
    metadata["uid"] = core.identities.uid()
    metadata["creationTimestamp"] = core.now
    if call.resource.counts_generation:
        metadata["generation"] = 1
    out = {**body, "metadata": metadata}
    if call.resource.has_status:
        out.pop("status", None)
    return out


def _with_kind_content(core: Core, call: Call, body: JsonObject) -> JsonObject:
    match call.resource.storage_id:
        case ("", "namespaces"):
            return _with_namespace_content(body)
        case ("", "services"):
            out = fresh_object(body)
            allocate(out, {}, core.store.version)
            return {**out, "status": {"loadBalancer": {}}}
        case ("batch", "jobs"):
            out = fresh_object(body)
            job_selector(out)
            return {**out, "status": {}}
        case ("", "pods"):
            return {**body, "status": {"phase": "Pending", "qosClass": "BestEffort"}}
        case ("", "persistentvolumeclaims" | "persistentvolumes"):
            return {**body, "status": {"phase": "Pending"}}
        case ("apps", "deployments" | "daemonsets" | "statefulsets" | "replicasets") | ("", "replicationcontrollers"):
            return {**body, "status": _empty_status(call.resource.plural)}
        case ("policy", "poddisruptionbudgets"):
            counts = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
            return {**body, "status": dict.fromkeys(counts, 0)}
        case ("autoscaling", "horizontalpodautoscalers"):
            return {**body, "status": {"desiredReplicas": 0, "currentMetrics": None}}
        case ("", "resourcequotas") | ("batch", "cronjobs"):
            return {**body, "status": {}}
        case ("networking.k8s.io", "ingresses"):
            return {**body, "status": {"loadBalancer": {}}}
    if call.resource.storage_id == CRDS:
        names: JsonObject = {"plural": "", "kind": ""}
        status: JsonObject = {"conditions": None, "acceptedNames": names, "storedVersions": []}
        return with_storage_version({**body, "status": status})
    return body


def _empty_status(plural: str) -> JsonObject:
    if plural == "daemonsets":
        return dict.fromkeys(
            ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"), 0
        )
    if plural == "statefulsets":
        return {"replicas": 0, "availableReplicas": 0}
    return {"replicas": 0} if plural in {"replicasets", "replicationcontrollers"} else {}


def _with_namespace_content(body: JsonObject) -> JsonObject:
    return {**body, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def _check_definition_alive(core: Core, call: Call, named_as: str) -> None:
    if call.resource.builtin:
        return
    name = f"{call.resource.plural}.{call.resource.group}"
    definition = core.store.get(CRDS, ("", name))
    if definition is not None and dig(definition, "metadata", "deletionTimestamp"):
        problem = "create not allowed while custom resource definition is terminating"
        raise forbidden(call.resource.target(named_as), problem)
