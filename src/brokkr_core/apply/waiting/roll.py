"""Look at awaited objects once: one LIST for a collection, or one GET where there is only one of them."""

from __future__ import annotations

from collections.abc import Iterable

from brokkr_core.apply.waiting.sight import Sight, light
from brokkr_core.errors import BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.kube.discovery import Resource
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.retry import RetryPolicy

#: A look is repeated soon anyway, and a stop must not have to wait for a patient one.
ONCE = RetryPolicy(attempts=1)


def survey(client: KubeClient, refs: Iterable[ObjectRef]) -> dict[ObjectRef, Sight]:
    """Read objects of one collection.

    Args:
        client: the cluster.
        refs: objects of one kind and namespace.

    Returns:
        A sight of each; trouble is one too.
    """
    wanted = frozenset(refs)
    if not wanted:
        return {}
    try:
        found = _read(client, wanted)
    except BrokkrError as error:
        return dict.fromkeys(wanted, Sight(trouble=error))
    return {ref: Sight(body=found[ref]) if ref in found else Sight(gone=True) for ref in wanted}


def roll(
    client: KubeClient, resource: Resource, namespace: str, wanted: frozenset[ObjectRef], *, fields: str = ""
) -> tuple[dict[ObjectRef, JsonObject], str]:
    """Read a collection, keeping only what is wanted of it.

    Args:
        client: the cluster.
        resource: which collection.
        namespace: where.
        wanted: what to keep.
        fields: field selector.

    Returns:
        The wanted objects that are there, and the version from which a watch goes on.

    Raises:
        BrokkrError: it could not be read.
    """
    found: dict[ObjectRef, JsonObject] = {}
    version = ""
    for page in client.pages(resource, namespace=namespace, fields=fields, retry=ONCE):
        version = page.resource_version
        bodies = ((ref_of(body), body) for body in page.items)
        found |= {ref: light(body) for ref, body in bodies if ref in wanted}
    return found, version


def _read(client: KubeClient, wanted: frozenset[ObjectRef]) -> dict[ObjectRef, JsonObject]:
    ref = next(iter(wanted))
    if len(wanted) == 1:
        body = client.find(ref, retry=ONCE)
        return {} if body is None else {ref: light(body)}
    return roll(client, client.resource(ref), ref.namespace, wanted)[0]
