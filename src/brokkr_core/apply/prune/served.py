"""Under which version an object that we know by another is served today."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.errors import UnknownKindError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import as_text, dig
from brokkr_core.model.ref import ObjectRef


def served(client: KubeClient, ref: ObjectRef) -> ObjectRef | None:
    """Find a version of a kind that the cluster serves.

    Args:
        client: the cluster.
        ref: an object, under the version it was written with.

    Returns:
        The object under that version or another; None when its kind is gone, and its objects with it.

    Raises:
        UnknownKindError: the kind belongs to an aggregated API, which may be back later with all of its objects.
    """
    if client.discovery.find(ref.group, ref.version, ref.kind) is not None:
        return ref
    for resource in client.discovery.resources():
        if (resource.group, resource.kind) == (ref.group, ref.kind):
            return evolve(ref, version=resource.version)
    service = ObjectRef(
        group="apiregistration.k8s.io", version="v1", kind="APIService", name=f"{ref.version}.{ref.group}"
    )
    if client.discovery.find(service.group, service.version, service.kind) is None:
        return None
    backend = as_text(dig(client.find(service), "spec", "service", "name"))
    if backend:
        raise UnknownKindError(
            f"{ref}: {ref.api_version} is answered by Service {backend}, which does not serve {ref.kind} now; "
            "see why the APIService is not available"
        )
    return None
