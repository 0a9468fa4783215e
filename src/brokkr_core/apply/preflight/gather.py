"""Which manifests can be looked at together: one kind, in one namespace or over the whole cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from attrs import frozen

from brokkr_core.apply.preflight.memory import Memory
from brokkr_core.apply.resolve import Kinds
from brokkr_core.kube.discovery import Resource
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef

#: A kind in more namespaces than this is listed over the whole cluster: one request instead of one each.
WIDE = 2


@frozen(kw_only=True)
class Collection:
    """The manifests of one kind, in one namespace or in all of them."""

    resource: Resource
    namespace: str
    manifests: tuple[Manifest, ...]

    @property
    def by_ref(self) -> dict[ObjectRef, Manifest]:
        """The manifests by their identity."""
        return {manifest.ref: manifest for manifest in self.manifests}


def collections(kinds: Kinds, memory: Memory, manifests: Iterable[Manifest]) -> list[Collection]:
    """Sort manifests by what can be listed together.

    Args:
        kinds: what the cluster serves; kinds that are not served yet are left out.
        memory: knows which kinds are better not listed over the whole cluster.
        manifests: resolved manifests.

    Returns:
        Every manifest of a served kind in exactly one collection.
    """
    by_kind: dict[tuple[str, str, str], list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        by_kind[manifest.ref.group, manifest.ref.version, manifest.ref.kind].append(manifest)
    found = []
    for (group, version, kind), members in by_kind.items():
        resource = kinds.find(group, version, kind)
        if resource is None:
            continue
        spaces = {manifest.ref.namespace for manifest in members}
        if len(spaces) > WIDE and not memory.is_narrow(members[0].ref.group_kind):
            found.append(Collection(resource=resource, namespace="", manifests=tuple(members)))
        else:
            found.extend(by_namespace(resource, members))
    return found


def by_namespace(resource: Resource, manifests: Iterable[Manifest]) -> Iterator[Collection]:
    """Sort manifests of one kind by their namespaces."""
    spaces: dict[str, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        spaces[manifest.ref.namespace].append(manifest)
    for namespace, members in spaces.items():
        yield Collection(resource=resource, namespace=namespace, manifests=tuple(members))
