"""What would go down with a Namespace or a CustomResourceDefinition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from brokkr_core.errors import NotFoundError
from brokkr_core.kube.client import KubeClient
from brokkr_core.kube.discovery import Resource
from brokkr_core.model.json import JsonObject, as_list, as_text, dig
from brokkr_core.model.kinds import DEFINITION, NAMESPACE
from brokkr_core.model.ref import GroupKind, ObjectRef, ref_of

#: Kinds whose deletion takes other objects along.
HOLDERS = frozenset({DEFINITION, NAMESPACE})
#: What Kubernetes puts into every namespace.
_IN_EVERY_NAMESPACE = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
#: Kinds that are written about other objects and end with them.
_ABOUT_OTHERS = frozenset(
    {
        GroupKind(group="", kind="Endpoints"),
        GroupKind(group="", kind="Event"),
        GroupKind(group="coordination.k8s.io", kind="Lease"),
        GroupKind(group="discovery.k8s.io", kind="EndpointSlice"),
        GroupKind(group="events.k8s.io", kind="Event"),
    }
)


def foreign_content(client: KubeClient, live: JsonObject, ours: Mapping[ObjectRef, str]) -> Iterator[str]:
    """Name what would go down with an object and is not ours. Only metadata is read.

    Args:
        client: the cluster.
        live: the object as it stands; anything but a Namespace or a CustomResourceDefinition holds nothing.
        ours: uids of the objects that do not count, by identity.

    Yields:
        The objects, one by one as they are found.

    Raises:
        ApiError, NetworkError: some collection could not be read, and what cannot be seen may be there.
    """
    ref = ref_of(live)
    if ref.group_kind not in HOLDERS:
        return
    client.discovery.refresh()  # what it does not know yet would not be seen
    if ref.group_kind == NAMESPACE:
        kinds = [one for one in one_version_each(client) if one.namespaced and _kind(one) not in _ABOUT_OTHERS]
        yield from _content(client, kinds, ours, namespace=ref.name)
        return
    defined = GroupKind(group=as_text(dig(live, "spec", "group")), kind=as_text(dig(live, "spec", "names", "kind")))
    yield from _content(client, [one for one in one_version_each(client) if _kind(one) == defined], ours)


def one_version_each(client: KubeClient) -> list[Resource]:
    """Return every kind whose objects can be listed and deleted, once: the same objects show up under each version."""
    chosen = {(one.group, one.kind): one for one in client.discovery.resources() if {"delete", "list"} <= one.verbs}
    return list(chosen.values())


def _kind(resource: Resource) -> GroupKind:
    return GroupKind(group=resource.group, kind=resource.kind)


def _content(
    client: KubeClient, kinds: list[Resource], ours: Mapping[ObjectRef, str], *, namespace: str = ""
) -> Iterator[str]:
    for resource in kinds:
        try:
            for body in client.list(resource, namespace=namespace, metadata_only=True):
                if ours.get(ref_of(body)) != dig(body, "metadata", "uid") and not _comes_by_itself(body):
                    yield str(ref_of(body))
        except NotFoundError:
            continue  # the kind went away meanwhile


def _comes_by_itself(body: JsonObject) -> bool:
    """Objects that Kubernetes puts into every namespace, and whatever another object owns."""
    ref = ref_of(body)
    return bool(as_list(dig(body, "metadata", "ownerReferences"))) or (ref.kind, ref.name) in _IN_EVERY_NAMESPACE
