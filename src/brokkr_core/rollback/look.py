"""One fresh look at an object that was recorded."""

from __future__ import annotations

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
        UnknownKindError: an object that did exist is of a kind that is not served now.
    """
    try:
        return client.find(entry.ref)
    except UnknownKindError:
        if entry.before is None:
            return None
        raise
