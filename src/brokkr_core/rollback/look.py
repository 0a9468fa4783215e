"""One fresh look at an object that was recorded."""

from __future__ import annotations

from brokkr_core.apply.prune.served import served
from brokkr_core.errors import UnknownKindError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.rollback.entry import Entry


def look(client: KubeClient, entry: Entry) -> JsonObject | None:
    """Read an object again.

    Args:
        client: the cluster.
        entry: what was recorded of it.

    Returns:
        The object, or None when it does not exist. An object that did not exist before does not exist either when
        the cluster does not serve its kind (any more): its definition came with the same run.

    Raises:
        ApiError, NetworkError: it could not be looked at.
        UnknownKindError: an object that did exist is of a kind that is not served now, or an aggregated API whose
            server is down would know.
    """
    ref = entry.ref
    try:
        return client.find(ref)
    except UnknownKindError:
        # What was read of the cluster may be older than the definition: ask again before anything is said of it.
        if client.discovery.find(ref.group, ref.version, ref.kind, miss_interval_seconds=0.0) is not None:
            return client.find(ref)
        if entry.before is None and served(client, ref) is None:
            return None
        raise
