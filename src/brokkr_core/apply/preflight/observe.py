"""One look at everything a plan names, before anything else: as few requests as there are collections.

An object whose memo proves it unchanged costs nothing beyond its share of one metadata LIST. Without a memo, one LIST
of whole objects serves a collection, and each object is proven by its own fields. Secrets are the exception: other
people's must not leave the server, so only metadata is listed, and where it takes more, ours are read one by one in
every namespace that holds anybody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from attrs import field, frozen

from brokkr_core.apply.pace import Pace
from brokkr_core.apply.preflight.gather import Collection, by_namespace, collections
from brokkr_core.apply.preflight.memory import Memory
from brokkr_core.apply.preflight.proof import holds
from brokkr_core.errors import ApiError, ForbiddenError, StoppedError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import SECRET
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.threads import Pool

#: So many objects are read by themselves rather than by listing their collection: never more requests, less to read.
FEW = 1
#: With more objects than this left after the first page, the whole cluster is no place to look for a few of them.
MOST_LEFT = 2_000


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


def observe(
    client: KubeClient,
    manifests: Iterable[Manifest],
    *,
    manager: str,
    terms: str,
    memory: Memory,
    pool: Pool,
    pace: Pace,
    stop: Callable[[], bool] = lambda: False,
) -> dict[ObjectRef, Seen]:
    """Read what stands in the cluster for every manifest.

    Args:
        client: the cluster.
        manifests: resolved manifests.
        manager: who would apply them.
        terms: what would decide about conflicts.
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
    observer = _Observer(client, manager=manager, terms=terms, memory=memory)
    everything = tuple(manifests)
    found = dict.fromkeys((manifest.ref for manifest in everything), ABSENT)

    def look(collection: Collection) -> dict[ObjectRef, Seen]:
        if stop():
            raise StoppedError("stopped before the first write")
        with pace:
            return observer.look(collection)

    for part in pool.map(look, collections(client.discovery, memory, everything)):
        found |= part
    return found


class _TooWide(Exception):  # noqa: N818 - a turn of events, not an error
    """The whole cluster has too many objects of a kind."""


class _Observer:
    """Reads collection after collection."""

    def __init__(self, client: KubeClient, *, manager: str, terms: str, memory: Memory) -> None:
        self._client = client
        self._terms = terms
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
        except (ForbiddenError, _TooWide):
            return self._narrower(collection)

    def _narrower(self, collection: Collection) -> dict[ObjectRef, Seen]:
        """Where the whole cluster may not or should not be listed, namespaces may; who may not list at all may read."""
        if collection.resource.namespaced and not collection.namespace:
            self._memory.note_narrow(collection.manifests[0].ref.group_kind)
            parts = by_namespace(collection.resource, collection.manifests)
            return {ref: seen for part in parts for ref, seen in self.look(part).items()}
        return self._one_by_one(collection.manifests, metadata_first=False)

    def _by_metadata(self, collection: Collection, *, secret: bool) -> dict[ObjectRef, Seen]:
        """List metadata; what its memo does not prove is read whole."""
        wanted = collection.by_ref
        found: dict[ObjectRef, Seen] = {}
        unproven: list[Manifest] = []
        shared: set[str] = set()
        for body in self._list(collection, metadata_only=True):
            ref = ref_of(body)
            manifest = wanted.get(ref)
            if manifest is None:
                shared.add(ref.namespace)
            elif self._remembered(manifest, body):
                found[ref] = Seen(body=body, whole=False, proven=True)
            else:
                unproven.append(manifest)
        if not secret:
            rest = Collection(resource=collection.resource, namespace=collection.namespace, manifests=tuple(unproven))
            return found | self._wholes(rest)
        for part in by_namespace(collection.resource, unproven):
            alone = part.namespace not in shared
            found |= self._wholes(part) if alone else self._one_by_one(part.manifests, metadata_first=False)
        return found

    def _wholes(self, collection: Collection) -> dict[ObjectRef, Seen]:
        if len(collection.manifests) <= FEW:
            return self._one_by_one(collection.manifests, metadata_first=False)
        return self._by_whole(collection)

    def _by_whole(self, collection: Collection) -> dict[ObjectRef, Seen]:
        wanted = collection.by_ref
        found = {}
        for body in self._list(collection, metadata_only=False):
            manifest = wanted.get(ref_of(body))
            if manifest is not None:
                found[manifest.ref] = self._judged(manifest, body)
        return found

    def _list(self, collection: Collection, *, metadata_only: bool) -> Iterator[JsonObject]:
        wide = collection.resource.namespaced and not collection.namespace
        for page in self._client.pages(
            collection.resource, namespace=collection.namespace, metadata_only=metadata_only
        ):
            if wide and page.remaining > MOST_LEFT:
                raise _TooWide
            yield from page.items

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
        return self._memory.proves(manifest.ref, manifest.body, body, manager=self._manager, terms=self._terms)

    def _judged(self, manifest: Manifest, body: JsonObject) -> Seen:
        return Seen(body=body, proven=holds(manifest.body, body, manager=self._manager))
