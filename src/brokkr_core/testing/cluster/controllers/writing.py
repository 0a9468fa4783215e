"""How controllers write: under their own manager name, so that ownership looks as it does on a cluster."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.managers import with_managers
from brokkr_core.testing.cluster.options import Call, Options
from brokkr_core.testing.cluster.ownership import after_update
from brokkr_core.testing.cluster.resource import Key, Resource, StorageId
from brokkr_core.testing.cluster.verbs.create import create
from brokkr_core.testing.cluster.verbs.scope import scope_of

MANAGER = "kube-controller-manager"
KUBELET = "kubelet"


def resource_of(core: Core, storage_id: StorageId) -> Resource:
    """Return a built-in resource."""
    resource = core.registry.of(storage_id)
    assert resource is not None
    return resource


def write_status(core: Core, storage_id: StorageId, key: Key, status: JsonObject, manager: str = MANAGER) -> None:
    """Replace the status of an object, if it is still there and differs.

    Args:
        core: the cluster.
        storage_id: what kind of object it is.
        key: which one.
        status: the new status.
        manager: who writes.
    """
    old = core.store.get(storage_id, key)
    if old is not None and old.get("status") != status:
        _write(core, storage_id, key, {**old, "status": status}, manager, subresource="status")


def write_object(core: Core, storage_id: StorageId, key: Key, new: JsonObject, manager: str = MANAGER) -> None:
    """Replace everything but the status of an object, if something differs.

    Args:
        core: the cluster.
        storage_id: what kind of object it is.
        key: which one; it must be there.
        new: the object after.
        manager: who writes.
    """
    if core.store.get(storage_id, key) != new:
        _write(core, storage_id, key, new, manager, subresource="")


def _write(core: Core, storage_id: StorageId, key: Key, new: JsonObject, manager: str, *, subresource: str) -> None:
    old = core.store.get(storage_id, key)
    assert old is not None
    call = Call(resource=resource_of(core, storage_id), subresource=subresource)
    managers = after_update(old, new, manager, scope_of(core, call))
    core.store.put(storage_id, key, with_managers(new, managers))


def make(core: Core, storage_id: StorageId, namespace: str, body: JsonObject) -> None:
    """Create an object."""
    options = Options(manager=MANAGER)
    create(core, Call(resource=resource_of(core, storage_id), namespace=namespace, options=options), body)


def owner_reference(body: JsonObject) -> JsonObject:
    """Return the reference a controller puts on what it makes."""
    return {
        "apiVersion": body["apiVersion"],
        "kind": body["kind"],
        "name": dig(body, "metadata", "name"),
        "uid": dig(body, "metadata", "uid"),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def alive(core: Core, storage_id: StorageId, key: Key, uid: str) -> JsonObject | None:
    """Return an object if it is still the same one and is not being deleted."""
    body = core.store.get(storage_id, key)
    if body is None or dig(body, "metadata", "uid") != uid or dig(body, "metadata", "deletionTimestamp"):
        return None
    return body


def uid(body: JsonObject) -> str:
    """Return the uid of an object."""
    return as_text(dig(body, "metadata", "uid"))


def observed(body: JsonObject) -> bool:
    """Tell whether the controller has seen the newest spec."""
    return dig(body, "status", "observedGeneration") == dig(body, "metadata", "generation")


def condition(status: JsonObject, kind: str) -> JsonObject:
    """Return a condition of a status, or an empty object."""
    for found in as_list(status.get("conditions")):
        if dig(found, "type") == kind:
            return as_object(found)
    return {}


def is_broken(core: Core, pod_spec: JsonObject) -> bool:
    """Tell whether some container can never run: its image cannot be pulled, or crashes."""
    settings = core.settings
    return uses_image(pod_spec, settings.broken_image) or uses_image(pod_spec, settings.crashing_image)


def uses_image(pod_spec: JsonObject, text: str) -> bool:
    """Tell whether the image of some container contains a text."""
    containers = as_list(pod_spec.get("containers")) + as_list(pod_spec.get("initContainers"))
    return any(text in as_text(dig(container, "image")) for container in containers)
