"""StatefulSets and DaemonSets, scripted: their numbers, which their pods follow."""

from __future__ import annotations

from functools import partial

from brokkr_core.model.json import JsonObject, as_int, as_object, as_text, dig
from brokkr_core.testing.cluster.controllers.replica_sets import RETRY_SECONDS, pods_of
from brokkr_core.testing.cluster.controllers.rollout import template_hash, wanted_replicas
from brokkr_core.testing.cluster.controllers.writing import alive, is_broken, observed, uid, write_status
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import Key, StorageId, name_of
from brokkr_core.testing.cluster.store import Event

STATEFUL_SETS: StorageId = ("apps", "statefulsets")
DAEMON_SETS: StorageId = ("apps", "daemonsets")

#: How many nodes a DaemonSet finds.
_NODES = 1


def roll_sets(core: Core, event: Event) -> None:
    """React to the new spec of a StatefulSet or DaemonSet."""
    if event.type == "DELETED" or event.storage_id not in {STATEFUL_SETS, DAEMON_SETS}:
        return
    body = alive(core, event.storage_id, event.key, uid(event.body))
    if body is None or observed(body):
        return
    compute = _stateful_status if event.storage_id == STATEFUL_SETS else _daemon_status
    write_status(core, event.storage_id, event.key, compute(body, ready=False))
    if not is_broken(core, as_object(dig(body, "spec", "template", "spec"))):
        generation = as_int(dig(body, "metadata", "generation"))
        finish = partial(_finish, core, (event.storage_id, event.key), uid(body), generation)
        core.after(core.settings.deployment_ready_seconds, finish)


def _finish(core: Core, place: tuple[StorageId, Key], owner: str, generation: int) -> None:
    body = alive(core, *place, owner)
    if body is None or dig(body, "metadata", "generation") != generation:
        return
    if wanted_replicas(as_object(body["spec"])) and not pods_of(core, body):  # somebody refuses them
        core.after(RETRY_SECONDS, partial(_finish, core, place, owner, generation))
        return
    compute = _stateful_status if place[0] == STATEFUL_SETS else _daemon_status
    write_status(core, *place, compute(body, ready=True))


def _stateful_status(body: JsonObject, *, ready: bool) -> JsonObject:
    wanted = wanted_replicas(as_object(body["spec"]))
    revision = f"{name_of(body)}-{template_hash(dig(body, 'spec', 'template'))}"
    before = as_text(dig(body, "status", "currentRevision")) or revision
    had = as_int(dig(body, "status", "readyReplicas"))
    status: JsonObject = {"observedGeneration": dig(body, "metadata", "generation"), "collisionCount": 0}
    if ready or revision == before:
        now = wanted if ready else min(had, wanted)
        total = max(now, min(wanted, now + 1))
        status.update({"replicas": total, "availableReplicas": now, "updatedReplicas": total})
        status.update({"currentRevision": revision, "updateRevision": revision, "currentReplicas": total})
        return {**status, **({"readyReplicas": now} if now else {})}
    kept = max(0, min(had, wanted) - 1)
    status.update({"replicas": wanted, "availableReplicas": kept, "updatedReplicas": 1})
    status.update({"currentRevision": before, "updateRevision": revision, "currentReplicas": kept})
    return {**status, **({"readyReplicas": kept} if kept else {})}


def _daemon_status(body: JsonObject, *, ready: bool) -> JsonObject:
    now = _NODES if ready else 0
    status: JsonObject = {
        "observedGeneration": dig(body, "metadata", "generation"),
        "currentNumberScheduled": _NODES,
        "desiredNumberScheduled": _NODES,
        "numberMisscheduled": 0,
        "numberReady": now,
        "updatedNumberScheduled": _NODES,
    }
    status["numberAvailable" if ready else "numberUnavailable"] = _NODES
    return status
