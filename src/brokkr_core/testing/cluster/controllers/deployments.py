"""The Deployment controller, scripted: pods become ready after a while, or never when the image is broken."""

from __future__ import annotations

from functools import partial

from brokkr_core.model.json import Json, JsonObject, as_int, as_object, as_text, dig
from brokkr_core.testing.cluster.controllers.replica_sets import (
    REPLICA_FAILURE,
    REPLICA_SETS,
    REVISION,
    controller_uid,
    ensure_replica_set,
    is_ready,
    newest_name,
    pods_of,
    replica_sets_of,
    revision_of,
    scale,
)
from brokkr_core.testing.cluster.controllers.rollout import least_available, wanted_replicas, while_rolling
from brokkr_core.testing.cluster.controllers.writing import (
    alive,
    condition,
    observed,
    uid,
    write_object,
    write_status,
)
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import Key, StorageId
from brokkr_core.testing.cluster.store import Event

DEPLOYMENTS: StorageId = ("apps", "deployments")


def roll_deployments(core: Core, event: Event) -> None:
    """React to a Deployment's new spec, and to the pods of its ReplicaSets becoming ready."""
    if event.type == "DELETED":
        return
    if event.storage_id == DEPLOYMENTS:
        deployment = alive(core, DEPLOYMENTS, event.key, uid(event.body))
        if deployment is not None and not observed(deployment):
            _start(core, event.key, deployment)
    elif event.storage_id == REPLICA_SETS:
        owner = controller_uid(event.body)
        place = core.store.place_of(owner)
        if place is not None and place[0] == DEPLOYMENTS:
            _continue(core, place[1], owner)


def _start(core: Core, key: Key, deployment: JsonObject) -> None:
    if dig(deployment, "spec", "paused") is True:
        _report(core, key, deployment)
        return
    newest = ensure_replica_set(core, key, deployment)
    _annotate(core, key, newest)
    deployment = as_object(core.store.get(DEPLOYMENTS, key))
    _resize(core, deployment, newest)
    _report(core, key, deployment, started=True)
    deadline = as_int(dig(deployment, "spec", "progressDeadlineSeconds"), 600)
    generation = as_int(dig(deployment, "metadata", "generation"))
    core.after(deadline, partial(_run_out, core, key, uid(deployment), generation))


def _annotate(core: Core, key: Key, newest: Key) -> None:
    """Write the revision on the Deployment, as the real controller does: a field nobody applied."""
    deployment = as_object(core.store.get(DEPLOYMENTS, key))
    revision = str(revision_of(as_object(core.store.get(REPLICA_SETS, newest))))
    metadata = as_object(deployment["metadata"])
    annotations = {**as_object(metadata.get("annotations")), REVISION: revision}
    write_object(core, DEPLOYMENTS, key, {**deployment, "metadata": {**metadata, "annotations": annotations}})


def _resize(core: Core, deployment: JsonObject, newest: Key) -> None:
    old = [(key, body) for key, body in replica_sets_of(core, deployment) if key != newest]
    old_ready = sum(_ready_pods(core, body) for _, body in old)
    counts = while_rolling(as_object(deployment["spec"]), old_ready)
    left = counts.old
    for old_key, body in reversed(old):
        kept = min(left, _ready_pods(core, body))
        scale(core, old_key, kept)
        left -= kept
    scale(core, newest, counts.new)


def _ready_pods(core: Core, replica_set: JsonObject) -> int:
    return sum(is_ready(pod) for _, pod in pods_of(core, replica_set))


def _continue(core: Core, key: Key, owner: str) -> None:
    """Finish a rollout when all new pods are ready."""
    deployment = alive(core, DEPLOYMENTS, key, owner)
    if deployment is None or not observed(deployment) or dig(deployment, "spec", "paused") is True:
        return
    newest: Key = (key[0], newest_name(deployment))
    replica_set = core.store.get(REPLICA_SETS, newest)
    if replica_set is None:
        return
    wanted = wanted_replicas(as_object(deployment["spec"]))
    ready = _ready_pods(core, replica_set)
    if ready >= wanted:
        for old_key, _ in replica_sets_of(core, deployment):
            if old_key != newest:
                scale(core, old_key, 0)
    if ready >= as_int(dig(replica_set, "spec", "replicas")):
        scale(core, newest, wanted)
    _report(core, key, deployment)


def _run_out(core: Core, key: Key, owner: str, generation: int) -> None:
    deployment = alive(core, DEPLOYMENTS, key, owner)
    if deployment is None or dig(deployment, "metadata", "generation") != generation:
        return
    if condition(as_object(deployment.get("status")), "Progressing").get("reason") != "NewReplicaSetAvailable":
        _report(core, key, deployment, timed_out=True)


def _report(core: Core, key: Key, deployment: JsonObject, *, started: bool = False, timed_out: bool = False) -> None:
    counts = _pod_counts(core, key, deployment)
    status: JsonObject = {"observedGeneration": dig(deployment, "metadata", "generation")}
    status.update({name: number for name, number in counts.items() if number})
    before = as_object(deployment.get("status"))
    progressing = _progressing(deployment, counts, started=started, timed_out=timed_out)
    conditions = [
        _available(deployment, counts),
        *([progressing] if progressing else []),
        *_failures(core, key, deployment),
    ]
    status["conditions"] = [_timed(core, before, found) for found in conditions]
    write_status(core, DEPLOYMENTS, key, status)


def _pod_counts(core: Core, key: Key, deployment: JsonObject) -> dict[str, int]:
    newest = newest_name(deployment)
    total = ready = updated = 0
    for found, body in replica_sets_of(core, deployment):
        pods = pods_of(core, body)
        total += len(pods)
        ready += sum(is_ready(pod) for _, pod in pods)
        updated += len(pods) if found == (key[0], newest) else 0
    return {
        "replicas": total,
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(total, wanted_replicas(as_object(deployment["spec"]))) - ready,
    }


def _available(deployment: JsonObject, counts: dict[str, int]) -> JsonObject:
    enough = counts["availableReplicas"] >= least_available(as_object(deployment["spec"]))
    return {
        "type": "Available",
        "status": "True" if enough else "False",
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
    }


def _progressing(deployment: JsonObject, counts: dict[str, int], *, started: bool, timed_out: bool) -> JsonObject:
    wanted = wanted_replicas(as_object(deployment["spec"]))
    name = newest_name(deployment)
    if dig(deployment, "spec", "paused") is True:
        return _condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    complete = counts["updatedReplicas"] == counts["availableReplicas"] == counts["replicas"] == wanted
    if complete:
        text = f'ReplicaSet "{name}" has successfully progressed.'
        return _condition("Progressing", "True", "NewReplicaSetAvailable", text)
    if timed_out or (not started and _timed_out_before(deployment)):
        text = f'ReplicaSet "{name}" has timed out progressing.'
        return _condition("Progressing", "False", "ProgressDeadlineExceeded", text)
    return _condition("Progressing", "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')


def _timed_out_before(deployment: JsonObject) -> bool:
    found = condition(as_object(deployment.get("status")), "Progressing")
    return found.get("reason") == "ProgressDeadlineExceeded"


def _failures(core: Core, key: Key, deployment: JsonObject) -> list[JsonObject]:
    """Repeat what the newest ReplicaSet says about pods that cannot be created."""
    newest = core.store.get(REPLICA_SETS, (key[0], newest_name(deployment)))
    found = condition(as_object(dig(newest, "status")), REPLICA_FAILURE)
    return (
        [_condition(REPLICA_FAILURE, "True", *(as_text(found[name]) for name in ("reason", "message")))]
        if found
        else []
    )


def _condition(kind: str, status: str, reason: str, message: str) -> JsonObject:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def _timed(core: Core, status: JsonObject, found: JsonObject) -> Json:
    """Add the times of a condition: of its last change of status, and of its last change at all."""
    before = condition(status, as_text(found["type"]))
    same = all(before.get(name) == value for name, value in found.items())
    turned = before.get("lastTransitionTime") if before.get("status") == found["status"] else core.now
    updated = before.get("lastUpdateTime") if same else core.now
    return {**found, "lastUpdateTime": updated, "lastTransitionTime": turned}
