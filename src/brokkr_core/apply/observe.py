"""One look at everything a plan names, before anything else: as few requests as there are collections.

An object whose memo proves it unchanged costs nothing beyond its share of one metadata LIST. Without a memo, one LIST
of whole objects serves a collection, and each object is proven by its own fields. Secrets are the exception: other
people's must not leave the server, so only metadata is listed, and our own are read one by one where it takes more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from attrs import field, frozen

from brokkr_core.apply.memory import Memory
from brokkr_core.apply.outcomes import SECRET
from brokkr_core.apply.pace import Pace
from brokkr_core.apply.proof import holds
from brokkr_core.errors import ApiError, ForbiddenError, StoppedError
from brokkr_core.kube.client import KubeClient
from brokkr_core.kube.discovery import Resource
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef, ref_of

#: So many objects are read by themselves rather than by listing their collection: never more requests, less to read.
FEW = 1
#: A kind in more namespaces than this is listed over the whole cluster: one request instead of one each.
WIDE = 8


@frozen(kw_only=True)
class Seen:
    """What stands where a manifest wants its object.

    ``body`` is the whole object, its metadata alone where that was enough for a proof, or None when it does not exist.
    """

    body: JsonObject | None = field(default=None, repr=False)
    whole: bool = True
    proven: bool = False  #: certainly as wanted
    error: ApiError | None = None  #: it could not be read


ABSENT = Seen()


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


def observe(
    client: KubeClient,
    manifests: Iterable[Manifest],
    *,
    manager: str,
    memory: Memory,
    pool: ThreadPoolExecutor,
    pace: Pace,
    stop: Callable[[], bool] = lambda: False,
) -> dict[ObjectRef, Seen]:
    """Read what stands in the cluster for every manifest.

    Args:
        client: the cluster.
        manifests: resolved manifests.
        manager: who would apply them.
        memory: what earlier runs left; proofs are added to it.
        pool: where collections are read at the same time.
        pace: how many requests may be under way at once.
        stop: asked before every collection.

    Returns:
        One entry for each manifest. What may not be read is a value in it.

    Raises:
        StoppedError: a stop was asked for.
        ClusterUnreachableError: the cluster went away.
    """
    observer = _Observer(client, manager=manager, memory=memory)
    everything = tuple(manifests)
    found = dict.fromkeys((manifest.ref for manifest in everything), ABSENT)

    def look(collection: Collection) -> dict[ObjectRef, Seen]:
        if stop():
            raise StoppedError("stopped before the first write")
        with pace:
            return observer.look(collection)

    for part in pool.map(look, collections(client, everything)):
        found |= part
    return found


def collections(client: KubeClient, manifests: Iterable[Manifest]) -> list[Collection]:
    """Sort manifests by what can be listed together; kinds that are not served yet are left out."""
    by_kind: dict[tuple[str, str, str], list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        by_kind[manifest.ref.group, manifest.ref.version, manifest.ref.kind].append(manifest)
    found = []
    for (group, version, kind), members in by_kind.items():
        resource = client.discovery.find(group, version, kind)
        if resource is None:
            continue
        spaces = {manifest.ref.namespace for manifest in members}
        if len(spaces) > WIDE:
            found.append(Collection(resource=resource, namespace="", manifests=tuple(members)))
        else:
            found.extend(_by_namespace(resource, members))
    return found


def _by_namespace(resource: Resource, manifests: Iterable[Manifest]) -> Iterator[Collection]:
    spaces: dict[str, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        spaces[manifest.ref.namespace].append(manifest)
    for namespace, members in spaces.items():
        yield Collection(resource=resource, namespace=namespace, manifests=tuple(members))


class _Observer:
    """Reads collection after collection."""

    def __init__(self, client: KubeClient, *, manager: str, memory: Memory) -> None:
        self._client = client
        self._manager = manager
        self._memory = memory

    def look(self, collection: Collection) -> dict[ObjectRef, Seen]:
        """Read one collection in the cheapest way that gives proofs."""
        secret = collection.manifests[0].ref.group_kind == SECRET
        remembered = all(self._memory.recall(ref) for ref in collection.by_ref)
        if len(collection.manifests) <= FEW:
            return self._one_by_one(collection.manifests, metadata_first=remembered)
        try:
            if remembered or secret:
                return self._by_metadata(collection, secret=secret)
            return self._by_whole(collection)
        except ForbiddenError:
            return self._narrower(collection)

    def _narrower(self, collection: Collection) -> dict[ObjectRef, Seen]:
        """Who may not list the whole cluster may list a namespace; who may not list at all may still read."""
        if collection.resource.namespaced and not collection.namespace:
            parts = _by_namespace(collection.resource, collection.manifests)
            return {ref: seen for part in parts for ref, seen in self.look(part).items()}
        return self._one_by_one(collection.manifests, metadata_first=False)

    def _by_metadata(self, collection: Collection, *, secret: bool) -> dict[ObjectRef, Seen]:
        """List metadata; what its memo does not prove is read whole."""
        wanted = collection.by_ref
        found: dict[ObjectRef, Seen] = {}
        unproven: list[Manifest] = []
        for body in self._list(collection, metadata_only=True):
            manifest = wanted.get(ref_of(body))
            if manifest is None:
                continue
            if self._remembered(manifest, body):
                found[manifest.ref] = Seen(body=body, whole=False, proven=True)
            else:
                unproven.append(manifest)
        if len(unproven) <= FEW or secret:
            return found | self._one_by_one(unproven, metadata_first=False)
        rest = Collection(resource=collection.resource, namespace=collection.namespace, manifests=tuple(unproven))
        return found | self._by_whole(rest)

    def _by_whole(self, collection: Collection) -> dict[ObjectRef, Seen]:
        wanted = collection.by_ref
        found = {}
        for body in self._list(collection, metadata_only=False):
            manifest = wanted.get(ref_of(body))
            if manifest is not None:
                found[manifest.ref] = self._judged(manifest, body)
        return found

    def _list(self, collection: Collection, *, metadata_only: bool) -> Iterator[JsonObject]:
        return self._client.list(collection.resource, namespace=collection.namespace, metadata_only=metadata_only)

    def _one_by_one(self, manifests: Iterable[Manifest], *, metadata_first: bool) -> dict[ObjectRef, Seen]:
        return {manifest.ref: self._one(manifest, metadata_first=metadata_first) for manifest in manifests}

    def _one(self, manifest: Manifest, *, metadata_first: bool) -> Seen:
        try:
            if metadata_first:
                body = self._client.find(manifest.ref, metadata_only=True)
                if body is None:
                    return ABSENT
                if self._remembered(manifest, body):
                    return Seen(body=body, whole=False, proven=True)
            body = self._client.find(manifest.ref)
        except ApiError as error:
            return Seen(error=error)
        return ABSENT if body is None else self._judged(manifest, body)

    def _remembered(self, manifest: Manifest, body: JsonObject) -> bool:
        return self._memory.proves(manifest.ref, manifest.body, body, manager=self._manager)

    def _judged(self, manifest: Manifest, body: JsonObject) -> Seen:
        return Seen(body=body, proven=holds(manifest.body, body, manager=self._manager))
