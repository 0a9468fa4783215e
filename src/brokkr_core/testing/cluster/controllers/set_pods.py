"""The pods of StatefulSets, DaemonSets and Jobs: as many as the status counts; where they are refused, an Event."""

from __future__ import annotations

from functools import partial

from brokkr_core.model.json import JsonObject, as_int, as_object, as_text, dig, text_map
from brokkr_core.testing.cluster.controllers.jobs import JOBS
from brokkr_core.testing.cluster.controllers.pods import PODS
from brokkr_core.testing.cluster.controllers.replica_sets import RETRY_SECONDS, pods_of
from brokkr_core.testing.cluster.controllers.rollout import template_hash
from brokkr_core.testing.cluster.controllers.stateful_sets import DAEMON_SETS, STATEFUL_SETS
from brokkr_core.testing.cluster.controllers.writing import (
    KUBELET,
    alive,
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

EVENTS: StorageId = ("", "events")
HASH = "controller-revision-hash"


def keep_pods(core: Core, event: Event) -> None:
    """Make and end pods until they are as the status of their owner says."""
    if event.type != "DELETED" and event.storage_id in {STATEFUL_SETS, DAEMON_SETS, JOBS}:
        _match(core, event.storage_id, event.key, uid(event.body))


def _match(core: Core, storage_id: StorageId, key: Key, owner: str, *, again: bool = False) -> None:
    body = alive(core, storage_id, key, owner)
    if body is None or not body.get("status"):
        return
    if storage_id == JOBS and dig(body, "status", "succeeded"):
        _succeed(core, body)
        return
    wanted = _wanted(body)
    present = {pod_key[1]: pod for pod_key, pod in pods_of(core, body)}
    for name, pod in present.items():
        if wanted.get(name) != text_map(dig(pod, "metadata", "labels")).get(HASH, ""):
            end(core, resource_of(core, PODS), (key[0], name), "Background")
    try:
        for name, revision in wanted.items():
            if core.store.get(PODS, (key[0], name)) is None:
                make(core, PODS, key[0], _pod(body, name, revision))
    except Refusal as refusal:
        first = _record(core, body, refusal)
        if first or again:
            core.after(RETRY_SECONDS, partial(_match, core, storage_id, key, owner, again=True))


def _wanted(body: JsonObject) -> dict[str, str]:
    """Return the revision of each pod there should be, by the pod's name."""
    name, status = name_of(body), as_object(body["status"])
    suffix = template_hash(uid(body))[:5]
    match body["kind"]:
        case "StatefulSet":
            total = as_int(status.get("replicas"))
            old = total - as_int(status.get("updatedReplicas"))
            current, update = (as_text(status.get(member)) for member in ("currentRevision", "updateRevision"))
            return {f"{name}-{ordinal}": current if ordinal < old else update for ordinal in range(total)}
        case "DaemonSet":
            revision = template_hash(dig(body, "spec", "template"))
            return {f"{name}-{suffix}": revision for _ in range(as_int(status.get("desiredNumberScheduled")))}
    return {f"{name}-{suffix[:4]}{number}": "" for number in range(as_int(status.get("active")))}


def _pod(owner: JsonObject, name: str, revision: str) -> JsonObject:
    template = as_object(dig(owner, "spec", "template"))
    labels = {**text_map(dig(template, "metadata", "labels")), **({HASH: revision} if revision else {})}
    metadata: JsonObject = {
        **as_object(template.get("metadata")),
        "name": name,
        "labels": {**labels},
        "ownerReferences": [owner_reference(owner)],
    }
    return {"metadata": metadata, "spec": template.get("spec")}


def _succeed(core: Core, job: JsonObject) -> None:
    for key, pod in pods_of(core, job):
        status = as_object(pod.get("status"))
        write_status(core, PODS, key, {**status, "phase": "Succeeded"}, KUBELET)


def _record(core: Core, owner: JsonObject, refusal: Refusal) -> bool:
    """Write the Event of a refused creation, or count one more; return whether it is the first."""
    name, space = f"{name_of(owner)}.{template_hash(refusal.message)}", as_text(dig(owner, "metadata", "namespace"))
    found = core.store.get(EVENTS, (space, name))
    if found is not None:
        write_object(
            core,
            EVENTS,
            (space, name),
            {**found, "lastTimestamp": core.now, "count": as_int(found.get("count")) + 1},
        )
        return False
    involved: JsonObject = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        **{member: dig(owner, "metadata", member) for member in ("name", "namespace", "uid")},
    }
    told: JsonObject = {"type": "Warning", "reason": "FailedCreate", "message": f"Error creating: {refusal.message}"}
    times: JsonObject = {"firstTimestamp": core.now, "lastTimestamp": core.now, "count": 1}
    make(core, EVENTS, space, {"metadata": {"name": name}, "involvedObject": involved, **told, **times})
    return True
