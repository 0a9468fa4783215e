"""The ReplicaSets of a Deployment and their pods."""

from __future__ import annotations

from functools import partial

from brokkr_core.model.json import JsonObject, as_int, as_list, as_object, as_text, dig, text_map
from brokkr_core.testing.cluster.controllers.pods import PODS
from brokkr_core.testing.cluster.controllers.rollout import template_hash
from brokkr_core.testing.cluster.controllers.writing import (
    condition,
    make,
    owner_reference,
    resource_of,
    uid,
    write_object,
    write_status,
)
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import Key, StorageId, name_of
from brokkr_core.testing.cluster.status import Refusal
from brokkr_core.testing.cluster.store import Event
from brokkr_core.testing.cluster.verbs.delete import end

REPLICA_SETS: StorageId = ("apps", "replicasets")
REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"
REPLICA_FAILURE = "ReplicaFailure"

#: How long after a refused creation it is tried again.
RETRY_SECONDS = 5.0


def replica_sets_of(core: Core, deployment: JsonObject) -> list[tuple[Key, JsonObject]]:
    """Return the ReplicaSets a Deployment owns, oldest revision first."""
    found = [
        (key, body)
        for storage_id, key in core.store.dependents(uid(deployment))
        if storage_id == REPLICA_SETS and (body := core.store.get(storage_id, key)) is not None
    ]
    return sorted(found, key=lambda item: revision_of(item[1]))


def revision_of(body: JsonObject) -> int:
    """Return the revision a ReplicaSet or Deployment carries; 0 when it has none."""
    return int(text_map(dig(body, "metadata", "annotations")).get(REVISION, "0"))


def newest_name(deployment: JsonObject) -> str:
    """Return the name of the ReplicaSet for a Deployment's current template."""
    return f"{name_of(deployment)}-{template_hash(dig(deployment, 'spec', 'template'))}"


def ensure_replica_set(core: Core, key: Key, deployment: JsonObject) -> Key:
    """Make the ReplicaSet for a Deployment's current template, or give an old one the newest revision.

    Returns:
        Its key.
    """
    known = replica_sets_of(core, deployment)
    newest: Key = (key[0], newest_name(deployment))
    last = max((revision_of(body) for _, body in known), default=0)
    present = next((body for found, body in known if found == newest), None)
    if present is None:
        make(core, REPLICA_SETS, key[0], _replica_set(deployment, newest[1], last + 1))
    elif revision_of(present) < last:
        write_object(core, REPLICA_SETS, newest, _with_revision(present, last + 1))
    return newest


def _with_revision(body: JsonObject, revision: int) -> JsonObject:
    metadata = as_object(body["metadata"])
    annotations = {**as_object(metadata.get("annotations")), REVISION: str(revision)}
    return {**body, "metadata": {**metadata, "annotations": annotations}}


def _replica_set(deployment: JsonObject, name: str, revision: int) -> JsonObject:
    spec = as_object(deployment["spec"])
    template = as_object(spec["template"])
    metadata = as_object(template.get("metadata"))
    mark = {HASH: name.rpartition("-")[2]}
    labels = {**as_object(metadata.get("labels")), **mark}
    selector = {**as_object(dig(spec, "selector", "matchLabels")), **mark}
    return {
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {REVISION: str(revision)},
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": 0,
            "selector": {**as_object(spec.get("selector")), "matchLabels": selector},
            "template": {**template, "metadata": {**metadata, "labels": labels}},
        },
    }


def scale(core: Core, key: Key, count: int) -> None:
    """Set how many pods a ReplicaSet has."""
    body = core.store.get(REPLICA_SETS, key)
    if body is None:
        return
    spec = {**as_object(body["spec"]), "replicas": count}
    if spec != body["spec"]:
        metadata = as_object(body["metadata"])
        generation = as_int(metadata.get("generation")) + 1
        write_object(
            core, REPLICA_SETS, key, {**body, "spec": spec, "metadata": {**metadata, "generation": generation}}
        )


def fill_replica_sets(core: Core, event: Event) -> None:
    """Keep the number of pods of every ReplicaSet, and report how many are ready."""
    if event.storage_id == REPLICA_SETS and event.type != "DELETED":
        _fill(core, event.key)
    elif event.storage_id == PODS:
        place = core.store.place_of(controller_uid(event.body))
        if place is not None and place[0] == REPLICA_SETS:
            _fill(core, place[1])


def controller_uid(body: JsonObject) -> str:
    """Return the uid of the object that controls this one, or empty text."""
    for reference in as_list(dig(body, "metadata", "ownerReferences")):
        if dig(reference, "controller") is True:
            return as_text(dig(reference, "uid"))
    return ""


def pods_of(core: Core, owner: JsonObject) -> list[tuple[Key, JsonObject]]:
    """Return the pods an object owns."""
    return [
        (key, body)
        for storage_id, key in core.store.dependents(uid(owner))
        if storage_id == PODS and (body := core.store.get(storage_id, key)) is not None
    ]


def _fill(core: Core, key: Key) -> None:
    body = core.store.get(REPLICA_SETS, key)
    if body is None or dig(body, "metadata", "deletionTimestamp"):
        return
    wanted = as_int(dig(body, "spec", "replicas"), 1)
    pods = sorted(pods_of(core, body), key=lambda pod: not is_ready(pod[1]))
    for pod_key, _ in pods[wanted:]:
        end(core, resource_of(core, PODS), pod_key, "Background")
    failure: JsonObject = {}
    try:
        for _ in range(wanted - len(pods)):
            make(core, PODS, key[0], _pod(body))
    except Refusal as refusal:
        failure = _failure(core, body, refusal)
        core.after(RETRY_SECONDS, partial(_fill, core, key))
    _report(core, key, body, failure)


def _failure(core: Core, body: JsonObject, refusal: Refusal) -> JsonObject:
    since = condition(as_object(body.get("status")), REPLICA_FAILURE).get("lastTransitionTime") or core.now
    told: JsonObject = {"reason": "FailedCreate", "message": refusal.message, "lastTransitionTime": since}
    return {"type": REPLICA_FAILURE, "status": "True", **told}


def _pod(replica_set: JsonObject) -> JsonObject:
    template = as_object(dig(replica_set, "spec", "template"))
    metadata: JsonObject = {
        **as_object(template.get("metadata")),
        "generateName": f"{name_of(replica_set)}-",
        "ownerReferences": [owner_reference(replica_set)],
    }
    return {"metadata": metadata, "spec": template.get("spec")}


def is_ready(pod: JsonObject) -> bool:
    """Tell whether a pod runs and all its containers are ready."""
    return condition(as_object(pod.get("status")), "Ready").get("status") == "True"


def _report(core: Core, key: Key, body: JsonObject, failure: JsonObject) -> None:
    pods = pods_of(core, body)
    ready = sum(is_ready(pod) for _, pod in pods)
    status: JsonObject = {"replicas": len(pods), "observedGeneration": dig(body, "metadata", "generation")}
    if pods:
        status["fullyLabeledReplicas"] = len(pods)
    if ready:
        status.update({"readyReplicas": ready, "availableReplicas": ready})
    if failure:
        status["conditions"] = [failure]
    write_status(core, REPLICA_SETS, key, status)
