"""DELETE: one object, or all that a list would give."""

from __future__ import annotations

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

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
CRD_CLEANUP = "customresourcecleanup.apiextensions.k8s.io"

#: Namespaces that cannot be deleted (the NamespaceLifecycle admission plugin).
IMMORTAL = frozenset({"default", "kube-public", "kube-system"})

#: Kinds whose delete answers with the object itself (``ReturnDeletedObject``).
_RETURNED = frozenset(
    """
    namespaces persistentvolumeclaims persistentvolumes pods podtemplates resourcequotas serviceaccounts services
    """.split()
)
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
    key = call.resource.key(call.namespace, call.name)
    dry_run = call.options.dry_run or options.dry_run
    gone = end(core, call.resource, key, options.propagation, dry_run=dry_run)
    left = as_object(gone)
    if is_finished(call.resource, left) and call.resource.plural not in _RETURNED:
        return Answer(code=200, body=success(call.target, uid_of(body)))
    return Answer(code=200, body=call.resource.in_this_version(left))


def _check_preconditions(call: Call, body: JsonObject, options: DeleteOptions) -> None:
    meant = Target(
        group=call.resource.group, plural=call.resource.kind, kind=call.resource.kind, name=call.name
    )
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


def end(
    core: Core, resource: Resource, key: Key, propagation: Propagation | None, *, dry_run: bool = False
) -> JsonObject:
    """Delete an object or mark it for deletion; the controllers do the rest.

    Args:
        core: the cluster.
        resource: what kind of object it is.
        key: which one.
        propagation: what happens to its dependents; None leaves it to the kind.
        dry_run: only tell what would come of it.

    Returns:
        The object, marked; nothing holds it when ``is_finished`` says so.
    """
    body = core.store.get(resource.storage_id, key)
    assert body is not None
    marked = _marked(core, resource, body, propagation)
    if dry_run:
        return marked
    if is_finished(resource, marked):
        return core.store.drop(resource.storage_id, key, marked)
    return marked if marked == body else core.store.put(resource.storage_id, key, marked)


def _marked(
    core: Core, resource: Resource, body: JsonObject, propagation: Propagation | None
) -> JsonObject:
    metadata = dict(as_object(body["metadata"]))
    finalizers = _finalizers(resource, as_list(metadata.get("finalizers")), propagation)
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers
    if "deletionTimestamp" not in metadata:
        metadata["deletionTimestamp"] = core.now
        metadata["deletionGracePeriodSeconds"] = 0
        if isinstance(metadata.get("generation"), int):
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
            end(core, call.resource, key, options.propagation, dry_run=call.options.dry_run or options.dry_run)
