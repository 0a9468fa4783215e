"""The garbage collector and the namespace controller: what goes when something else goes."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.compare import compare
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.managers import managers_of, minus, with_managers, without_managers
from brokkr_core.testing.cluster.resource import NAMESPACES, Key, StorageId, uid_of
from brokkr_core.testing.cluster.store import Event, owners_of
from brokkr_core.testing.cluster.verbs.change import is_finished
from brokkr_core.testing.cluster.verbs.delete import FOREGROUND, ORPHAN, end


def collect_garbage(core: Core, event: Event) -> None:
    """Carry out propagation policies and remove dependents whose owners are gone.

    (kube-controller-manager ``pkg/controller/garbagecollector``.)
    """
    owners = owners_of(event.before or event.body)
    if event.type == "DELETED":
        for place in core.store.dependents(uid_of(event.body)):
            _reconsider(core, place)
    else:
        _work_finalizers(core, event.storage_id, event.key)
        if event.type == "ADDED" and owners:
            _reconsider(core, (event.storage_id, event.key))
    for owner in owners:
        if (found := core.store.place_of(owner)) is not None:
            _work_finalizers(core, *found)


def _reconsider(core: Core, place: tuple[StorageId, Key]) -> None:
    """Delete an object none of whose owners exists; take dead owners off an object that has others."""
    storage_id, key = place
    body = core.store.get(storage_id, key)
    resource = core.registry.of(storage_id)
    if body is None or resource is None or not owners_of(body):
        return
    references = as_list(dig(body, "metadata", "ownerReferences"))
    alive = [reference for reference in references if _lives(core, reference, key)]
    if not alive:
        if not dig(body, "metadata", "deletionTimestamp"):
            end(core, resource, key, "Background")
    elif len(alive) < len(references):
        _set_owners(core, place, body, alive)


def _lives(core: Core, reference: Json, key: Key) -> bool:
    place = core.store.place_of(as_text(dig(reference, "uid")))
    return place is not None and place[1][0] in {"", key[0]}


def _work_finalizers(core: Core, storage_id: StorageId, key: Key) -> None:
    body = core.store.get(storage_id, key)
    if body is None or not dig(body, "metadata", "deletionTimestamp"):
        return
    finalizers = as_list(dig(body, "metadata", "finalizers"))
    if ORPHAN in finalizers:
        for place in core.store.dependents(uid_of(body)):
            _orphan(core, place, uid_of(body))
        release(core, storage_id, key, ORPHAN)
    elif FOREGROUND in finalizers:
        _delete_dependents(core, uid_of(body))
        if not any(_blocks(core, place, uid_of(body)) for place in core.store.dependents(uid_of(body))):
            release(core, storage_id, key, FOREGROUND)


def _delete_dependents(core: Core, uid: str) -> None:
    for storage_id, key in core.store.dependents(uid):
        body = core.store.get(storage_id, key)
        resource = core.registry.of(storage_id)
        alone = body is not None and len(owners_of(body)) == 1
        if body and resource and alone and not dig(body, "metadata", "deletionTimestamp"):
            end(core, resource, key, "Foreground" if core.store.dependents(uid_of(body)) else "Background")


def _blocks(core: Core, place: tuple[StorageId, Key], uid: str) -> bool:
    references = as_list(dig(core.store.get(*place), "metadata", "ownerReferences"))
    return any(
        dig(reference, "uid") == uid and dig(reference, "blockOwnerDeletion") is True for reference in references
    )


def _orphan(core: Core, place: tuple[StorageId, Key], uid: str) -> None:
    body = core.store.get(*place)
    assert body is not None
    references = as_list(dig(body, "metadata", "ownerReferences"))
    kept = [reference for reference in references if dig(reference, "uid") != uid]
    _set_owners(core, place, body, kept)


def _set_owners(core: Core, place: tuple[StorageId, Key], body: JsonObject, owners: list[Json]) -> None:
    metadata = {**as_object(body["metadata"]), "ownerReferences": owners}
    if not owners:
        del metadata["ownerReferences"]
    core.store.put(*place, _disowned(core, place, body, {**body, "metadata": metadata}))


def _disowned(core: Core, place: tuple[StorageId, Key], old: JsonObject, new: JsonObject) -> JsonObject:
    """Nobody owns what the collector took away."""
    resource = core.registry.of(place[0])
    if resource is None:
        return new
    gone = compare(without_managers(old), without_managers(new), resource.node).removed
    return with_managers(new, minus(managers_of(old), gone))


def release(core: Core, storage_id: StorageId, key: Key, finalizer: str) -> None:
    """Take a finalizer off an object, which ends it if nothing else holds it.

    Args:
        core: the cluster.
        storage_id: what kind of object it is.
        key: which one.
        finalizer: the finalizer whose work is done.
    """
    body = core.store.get(storage_id, key)
    resource = core.registry.of(storage_id)
    if body is None or resource is None:
        return
    metadata = dict(as_object(body["metadata"]))
    kept = [name for name in as_list(metadata.get("finalizers")) if name != finalizer]
    metadata["finalizers"] = kept
    if not kept:
        del metadata["finalizers"]
    left = {**body, "metadata": metadata}
    if is_finished(resource, left):
        core.store.drop(storage_id, key, left)
    elif left != body:
        core.store.put(storage_id, key, left)


def collect_namespaces(core: Core, event: Event) -> None:
    """Empty a terminating namespace and end it when nothing is left in it."""
    if event.storage_id == NAMESPACES:
        _empty_namespace(core, event.key[1])
    elif event.type == "DELETED" and event.key[0]:
        _empty_namespace(core, event.key[0])


def _empty_namespace(core: Core, name: str) -> None:
    namespace = core.store.get(NAMESPACES, ("", name))
    if namespace is None or not dig(namespace, "metadata", "deletionTimestamp"):
        return
    for storage_id, key in _content(core, name):
        body, resource = core.store.get(storage_id, key), core.registry.of(storage_id)
        if body is not None and resource is not None and not dig(body, "metadata", "deletionTimestamp"):
            end(core, resource, key, "Background")
    left = [core.store.get(*place) for place in _content(core, name)]
    _report(core, name, [body for body in left if body is not None])


def _content(core: Core, name: str) -> list[tuple[StorageId, Key]]:
    return [
        (storage_id, key)
        for storage_id in core.store.storage_ids()
        for key in list(core.store.all(storage_id))
        if key[0] == name
    ]


def _report(core: Core, name: str, left: list[JsonObject]) -> None:
    namespace = core.store.get(NAMESPACES, ("", name))
    if namespace is None:
        return
    if not left:
        finalized = {**namespace, "spec": {}}
        resource = core.registry.of(NAMESPACES)
        assert resource is not None
        if is_finished(resource, finalized):
            core.store.drop(NAMESPACES, ("", name), finalized)
        return
    status = {**as_object(namespace.get("status")), "conditions": _conditions(core, left)}
    if _untimed(status) != _untimed(as_object(namespace.get("status"))):
        core.store.put(NAMESPACES, ("", name), {**namespace, "status": status})


def _untimed(status: JsonObject) -> list[Json]:
    return [
        {key: value for key, value in as_object(condition).items() if key != "lastTransitionTime"}
        for condition in as_list(status.get("conditions"))
    ]


def _conditions(core: Core, left: list[JsonObject]) -> list[Json]:
    """Say what keeps a namespace, as the namespace controller words it."""
    kinds: dict[str, int] = {}
    holders: dict[str, int] = {}
    for body in left:
        kind = as_text(body.get("kind"))
        kinds[kind] = kinds.get(kind, 0) + 1
        for finalizer in as_list(dig(body, "metadata", "finalizers")):
            holders[as_text(finalizer)] = holders.get(as_text(finalizer), 0) + 1
    remaining = ", ".join(f"{kind} has {number} resource instances" for kind, number in sorted(kinds.items()))
    held = ", ".join(f"{name} in {number} resource instances" for name, number in sorted(holders.items()))
    return [
        _condition(
            core,
            "NamespaceDeletionDiscoveryFailure",
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        _condition(
            core,
            "NamespaceContentRemaining",
            "True",
            "SomeResourcesRemain",
            f"Some resources are remaining: {remaining}",
        ),
        _condition(
            core,
            "NamespaceFinalizersRemaining",
            "True",
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {held}",
        ),
    ]


def _condition(core: Core, kind: str, status: str, reason: str, message: str) -> JsonObject:
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": core.now,
        "reason": reason,
        "message": message,
    }
