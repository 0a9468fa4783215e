"""Find what an agent without an inventory left behind: objects that carry a stack's annotation."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.apply.inventory import Entry, Inventory, StackKey
from brokkr_core.errors import ForbiddenError, NotFoundError
from brokkr_core.kube.client import KubeClient
from brokkr_core.kube.discovery import Resource
from brokkr_core.model.json import JsonObject, as_list, as_text, dig, text_map
from brokkr_core.model.ref import ref_of
from brokkr_core.model.wire import OWNER, STACK


def adopt(client: KubeClient, key: StackKey) -> Inventory:
    """Search the whole cluster, once, for the objects of a stack (contract 11.5).

    Only metadata is read, page by page, so that neither Secret data nor large objects are held.

    Args:
        client: the cluster.
        key: stack and owner; both annotations must match.

    Returns:
        What was found. Kinds that may not be listed are left out: nothing is deleted that was not seen.
    """
    entries = {entry for resource in _listable(client) for entry in _owned(client, resource, key)}
    return Inventory(entries=tuple(sorted(entries)))


def _listable(client: KubeClient) -> list[Resource]:
    """One version of every kind; the same objects show up under each of them."""
    chosen = {(one.group, one.kind): one for one in client.discovery.resources() if "list" in one.verbs}
    return [one for one in chosen.values() if {"delete", "patch"} <= one.verbs]


def _owned(client: KubeClient, resource: Resource, key: StackKey) -> Iterator[Entry]:
    try:
        for body in client.list(resource, metadata_only=True):
            if _carries(body, key):
                yield Entry(ref=ref_of(body), uid=as_text(dig(body, "metadata", "uid")))
    except (ForbiddenError, NotFoundError):
        return


def _carries(body: JsonObject, key: StackKey) -> bool:
    annotations = text_map(dig(body, "metadata", "annotations"))
    mine = annotations.get(STACK) == key.stack_id and annotations.get(OWNER) == key.owner_id
    return mine and not as_list(dig(body, "metadata", "ownerReferences"))
