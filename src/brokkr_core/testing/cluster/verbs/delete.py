"""DELETE: one object, or all that a list would give."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.options import Answer, Call, DeleteOptions, Propagation
from brokkr_core.testing.cluster.resource import (
    CRDS,
    NAMESPACES,
    Key,
    Resource,
    name_of,
    namespace_of,
    uid_of,
)
from brokkr_core.testing.cluster.status import Target, conflict, forbidden, success
from brokkr_core.testing.cluster.verbs.change import find, is_finished
from brokkr_core.testing.cluster.words import word_set

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
CRD_CLEANUP = "customresourcecleanup.apiextensions.k8s.io"

#: Namespaces that cannot be deleted (the NamespaceLifecycle admission plugin).
IMMORTAL = frozenset({"default", "kube-public", "kube-system"})

#: Kinds whose delete answers with the object itself (``ReturnDeletedObject``).
_RETURNED = word_set("""
    namespaces persistentvolumeclaims persistentvolumes pods podtemplates resourcequotas serviceaccounts services
    storageclasses
    """)
#: Kinds with a delete of their own, which sets the time and nothing else.
_ENDED_BY_THEIR_OWN = frozenset({CRDS, NAMESPACES})
#: Kinds whose dependents stay unless the request says otherwise (``DefaultGarbageCollectionPolicy``).
_ORPHANING = frozenset({("", "replicationcontrollers"), ("batch", "jobs")})


def delete(core: Core, call: Call, options: DeleteOptions) -> Answer:
    """Delete one object, or mark it for deletion when something still holds it.

    Args:
        core: the cluster.
        call: the request.
        options: preconditions and what happens to dependents.

    Raises:
        Refusal: it is not there, is not the one that was meant, or must not go.
    """
    body = find(core, call)
    _check_preconditions(call, body, options)
    if call.resource.storage_id == NAMESPACES and call.name in IMMORTAL:
        raise forbidden(call.target, "this namespace may not be deleted")
    core.hooks.validate(call, "DELETE", {}, body)
    key = call.resource.key(call.namespace, call.name)
    dry_run = call.options.dry_run or options.dry_run
    ended = end(core, call.resource, key, options.propagation, dry_run=dry_run)
    if ended.gone and call.resource.plural not in _RETURNED:
        return Answer(code=200, body=success(call.target, uid_of(body)))
    return Answer(code=200, body=call.resource.in_this_version(ended.body))


def _check_preconditions(call: Call, body: JsonObject, options: DeleteOptions) -> None:
    meant = Target(group=call.resource.group, plural=call.resource.kind, kind=call.resource.kind, name=call.name)
    if options.uid and options.uid != uid_of(body):
        text = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({uid_of(body)}). "
            "The object might have been deleted and then recreated"
        )
        raise conflict(meant, text)
    version = dig(body, "metadata", "resourceVersion")
    if options.resource_version and options.resource_version != version:
        text = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the "
            f"ResourceVersion in record ({version}). The object might have been modified"
        )
        raise conflict(meant, text)


@frozen(kw_only=True)
class Ended:
    """What a delete left behind.

    Args:
        body: the last state, or the state that waits for its finalizers.
        gone: whether it is removed.
    """

    body: JsonObject
    gone: bool


def end(core: Core, resource: Resource, key: Key, propagation: Propagation | None, *, dry_run: bool = False) -> Ended:
    """Delete an object or mark it for deletion; the controllers do the rest.

    Args:
        core: the cluster.
        resource: what kind of object it is.
        key: which one.
        propagation: what happens to its dependents; None leaves it to the kind.
        dry_run: only tell what would come of it.

    """
    body = core.store.get(resource.storage_id, key)
    assert body is not None
    marked = _marked(core, resource, body, propagation)
    if is_finished(resource, marked):
        return Ended(body=body if dry_run else core.store.drop(resource.storage_id, key), gone=True)
    if not dry_run and marked != body:
        marked = core.store.put(resource.storage_id, key, marked)
    return Ended(body=marked, gone=False)


def _marked(core: Core, resource: Resource, body: JsonObject, propagation: Propagation | None) -> JsonObject:
    metadata = dict(as_object(body["metadata"]))
    finalizers = _finalizers(resource, as_list(metadata.get("finalizers")), propagation)
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers
    if "deletionTimestamp" not in metadata:
        metadata["deletionTimestamp"] = core.now
        if resource.storage_id not in _ENDED_BY_THEIR_OWN:
            metadata["deletionGracePeriodSeconds"] = 0
        if isinstance(metadata.get("generation"), int) and resource.storage_id not in _ENDED_BY_THEIR_OWN:
            metadata["generation"] = int(str(metadata["generation"])) + 1
    out = {**body, "metadata": metadata}
    if resource.storage_id == NAMESPACES:
        out["status"] = {**as_object(body.get("status")), "phase": "Terminating"}
    return out


def _finalizers(resource: Resource, present: list[Json], propagation: Propagation | None) -> list[Json]:
    if propagation is None:
        propagation = "Orphan" if resource.storage_id in _ORPHANING else "Background"
    kept = [name for name in present if name not in {FOREGROUND, ORPHAN}]
    if propagation == "Foreground":
        kept.append(FOREGROUND)
    elif propagation == "Orphan":
        kept.append(ORPHAN)
    if resource.storage_id == CRDS and CRD_CLEANUP not in kept:
        kept.append(CRD_CLEANUP)
    return kept


def delete_collection(core: Core, call: Call, options: DeleteOptions, found: list[JsonObject]) -> None:
    """Delete the objects a list gave.

    Args:
        core: the cluster.
        call: the request.
        options: what happens to dependents, and preconditions for each.
        found: the objects.
    """
    for body in found:
        key = call.resource.key(namespace_of(body), name_of(body))
        if core.store.get(call.resource.storage_id, key) is not None:
            core.hooks.validate(call, "DELETE", {}, body)
            end(core, call.resource, key, options.propagation, dry_run=call.options.dry_run or options.dry_run)
