"""Find what an agent without an inventory left behind: objects that carry a stack's annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from brokkr_core.apply.identity import uid
from brokkr_core.apply.inventory.values import Entry, Inventory, StackKey
from brokkr_core.apply.prune.contents import one_version_each
from brokkr_core.errors import ForbiddenError, NotFoundError
from brokkr_core.kube.client import KubeClient
from brokkr_core.kube.discovery import Resource
from brokkr_core.model.json import JsonObject, as_list, dig, text_map
from brokkr_core.model.ref import GroupKind, ref_of
from brokkr_core.model.wire import DEPLOYMENT_OBJECT, OWNER, STACK

#: So many objects of an inventory are looked for before none of them is taken to be left.
_SAMPLES = 3


def adopt(client: KubeClient, key: StackKey) -> Inventory:
    """Search the whole cluster for the objects of a stack that has no inventory (contract 11.5).

    Only metadata is read, page by page, so that neither Secret data nor large objects are held.

    Args:
        client: the cluster.
        key: stack and owner; both annotations must match.

    Returns:
        What was found. Kinds that may not be listed are left out: nothing is deleted that was not seen.
    """
    return Inventory(entries=_found(client, _patchable(client), key))


def adopt_known(client: KubeClient, key: StackKey, inventory: Inventory) -> Inventory:
    """Search the kinds of an inventory for objects of the stack that are not in it.

    Args:
        client: the cluster.
        key: stack and owner; both annotations must match.
        inventory: what is known already.

    Returns:
        The inventory with what was found.
    """
    kinds = {entry.ref.group_kind for entry in inventory.entries}
    known = [one for one in _patchable(client) if GroupKind(group=one.group, kind=one.kind) in kinds]
    return inventory.with_entries(_found(client, known, key))


def touched_by_others(client: KubeClient, inventory: Inventory) -> bool:
    """Whether anybody has deployed the stack since its inventory was written.

    Every deployment puts its id on every object of the stack. So one object that still stands there is enough to
    tell, and objects of the stack that the inventory lacks can only exist when it carries another id.

    Args:
        client: the cluster.
        inventory: what the stack owned when it was last brought to a revision.

    Returns:
        Whether one of its objects says so, or none of those that were looked for is left.
    """
    for entry in inventory.entries[:_SAMPLES]:
        if client.discovery.find(entry.ref.group, entry.ref.version, entry.ref.kind) is None:
            continue
        body = client.find(entry.ref, metadata_only=True)
        if body is not None:
            stamp = text_map(dig(body, "metadata", "annotations")).get(DEPLOYMENT_OBJECT)
            return stamp != inventory.revision
    return bool(inventory.entries)


def _patchable(client: KubeClient) -> list[Resource]:
    return [one for one in one_version_each(client) if "patch" in one.verbs]


def _found(client: KubeClient, kinds: Iterable[Resource], key: StackKey) -> tuple[Entry, ...]:
    return tuple(sorted({entry for resource in kinds for entry in _owned(client, resource, key)}))


def _owned(client: KubeClient, resource: Resource, key: StackKey) -> Iterator[Entry]:
    try:
        for body in client.list(resource, metadata_only=True):
            if _carries(body, key):
                yield Entry(ref=ref_of(body), uid=uid(body))
    except (ForbiddenError, NotFoundError):
        return


def _carries(body: JsonObject, key: StackKey) -> bool:
    annotations = text_map(dig(body, "metadata", "annotations"))
    mine = annotations.get(STACK) == key.stack_id and annotations.get(OWNER) == key.owner_id
    return mine and not as_list(dig(body, "metadata", "ownerReferences"))
