"""Objects that will not go away: a finalizer that no controller answers."""

from __future__ import annotations

import json

from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, as_list, dig
from brokkr_core.testing.cluster.embedded import EmbeddedCluster

STUCK = "testing.brokkr.dev/stuck"


def hold(embedded: EmbeddedCluster, path: str, finalizer: str = STUCK) -> None:
    """Put a finalizer on an object, so that deleting it never ends.

    Args:
        embedded: the cluster.
        path: the object's API path.
        finalizer: its name.

    Raises:
        LookupError: there is no such object.
    """
    _set(embedded, path, [*_finalizers(embedded, path), finalizer])


def let_go(embedded: EmbeddedCluster, path: str, finalizer: str = STUCK) -> None:
    """Take the finalizer of ``hold`` away again; the arguments are the same."""
    _set(embedded, path, [name for name in _finalizers(embedded, path) if name != finalizer])


def _finalizers(embedded: EmbeddedCluster, path: str) -> list[Json]:
    response = embedded.administer(Request(method="GET", path=path))
    if response.status != 200:
        raise LookupError(f"nothing to hold at {path}: {response.status}")
    return as_list(dig(json.loads(response.body), "metadata", "finalizers"))


def _set(embedded: EmbeddedCluster, path: str, finalizers: list[Json]) -> None:
    embedded.administer(
        Request(
            method="PATCH",
            path=path,
            query={"fieldManager": "testing"},
            headers={"content-type": "application/merge-patch+json"},
            body=json.dumps({"metadata": {"finalizers": finalizers}}).encode(),
        )
    )
