"""Look at what was deleted until it is gone: one metadata LIST per kind and namespace, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen

from brokkr_core.apply.prune.contents import HOLDERS
from brokkr_core.apply.prune.finalizers import held_by
from brokkr_core.errors import BrokkrError, ForbiddenError, NotFoundError, StoppedError, UnknownKindError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.ref import ObjectRef, ref_of


@frozen(kw_only=True)
class Vanishing:
    """An object whose deletion was asked for. ``deadline`` is in seconds of the caller's clock."""

    ref: ObjectRef
    uid: str
    deadline: float
    body: JsonObject = field(factory=dict, repr=False)  #: as last seen


def still_there(client: KubeClient, vanishing: Iterable[Vanishing]) -> dict[ObjectRef, Vanishing]:
    """Read what was deleted.

    Args:
        client: the cluster.
        vanishing: the objects.

    Returns:
        Those that are not gone, as they stand now. What could not be read counts as there.

    Raises:
        StoppedError: a stop was asked for.
    """
    collections: dict[tuple[str, str, str, str], list[Vanishing]] = defaultdict(list)
    for one in vanishing:
        collections[one.ref.group, one.ref.version, one.ref.kind, one.ref.namespace].append(one)
    found: dict[ObjectRef, Vanishing] = {}
    for members in collections.values():
        try:
            bodies = _read(client, [one.ref for one in members])
        except StoppedError:
            raise
        except (NotFoundError, UnknownKindError):
            continue  # the kind is gone, and its objects with it
        except BrokkrError:
            found |= {one.ref: one for one in members}
            continue
        there = (evolve(one, body=bodies[one.ref]) for one in members if one.ref in bodies)
        found |= {one.ref: one for one in there if dig(one.body, "metadata", "uid") == one.uid}
    return found


def why_there(client: KubeClient, one: Vanishing) -> str:
    """Say what keeps an object from going; for what holds others its status is read once."""
    body = one.body
    if one.ref.group_kind in HOLDERS:
        try:
            body = client.find(one.ref) or body
        except BrokkrError as error:
            return f"{held_by(body)}; its status could not be read: {error}"
    return held_by(body)


def _read(client: KubeClient, refs: list[ObjectRef]) -> Mapping[ObjectRef, JsonObject]:
    if len(refs) > 1:
        try:
            wanted = frozenset(refs)
            resource = client.resource(refs[0])
            listed = client.list(resource, namespace=refs[0].namespace, metadata_only=True)
            return {ref: body for ref, body in ((ref_of(body), body) for body in listed) if ref in wanted}
        except ForbiddenError:
            pass  # rights to get and delete need not come with the right to list
    single = ((ref, client.find(ref, metadata_only=True)) for ref in refs)
    return {ref: body for ref, body in single if body is not None}
