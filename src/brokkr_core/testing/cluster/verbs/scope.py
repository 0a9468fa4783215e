"""What a request may own."""

from __future__ import annotations

from functools import lru_cache

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.managers import with_managers
from brokkr_core.testing.cluster.options import Call
from brokkr_core.testing.cluster.ownership import Scope, after_update
from brokkr_core.testing.cluster.resource import Resource, StorageId


def scope_of(core: Core, call: Call) -> Scope:
    """Return the ownership scope of a write."""
    return _scope(call.resource, call.subresource, core.now)


@lru_cache(maxsize=64)
def _scope(resource: Resource, subresource: str, now: str) -> Scope:
    """Many writes of one kind come within a second."""
    return Scope(
        node=resource.node,
        api_version=resource.api_version,
        subresource=subresource,
        has_status=resource.has_status,
        now=now,
    )


def written_by_server(core: Core, storage_id: StorageId, old: JsonObject, new: JsonObject) -> JsonObject:
    """Book a change of status that the API server makes itself.

    Args:
        core: the cluster.
        storage_id: what kind of object it is.
        old: the object before.
        new: the object after.
    """
    resource = core.registry.of(storage_id)
    assert resource is not None
    scope = Scope(
        node=resource.node, api_version=resource.api_version, subresource="status", has_status=True, now=core.now
    )
    return with_managers(new, after_update(old, new, "kube-apiserver", scope))
