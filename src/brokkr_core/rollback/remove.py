"""Delete what a run created: exactly what was looked at, and nothing that somebody else depends on by now."""

from __future__ import annotations

from collections.abc import Mapping

from brokkr_core.apply.identity import resource_version, terminating, uid
from brokkr_core.apply.prune.contents import foreign_content
from brokkr_core.errors import StaleWriteError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback.attempt import Attempt
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.guards import keep_reason, theirs

#: How often a deletion is decided again because somebody wrote in between; then only the uid is locked.
TRIES = 5


def remove(
    client: KubeClient,
    entry: Entry,
    live: JsonObject,
    *,
    after: JsonObject,
    ours: Mapping[ObjectRef, str],
    take: bool = False,
) -> Attempt:
    """Delete an object that the run created.

    The deletion carries the uid and resourceVersion of what was decided about. An object that never holds still, as
    when a controller writes its status all the time, is deleted by its uid once it was looked at often enough.

    Args:
        client: the cluster.
        entry: what was recorded of it.
        live: the object as it stands.
        after: the object as our write left it.
        ours: uids of what the run created, by identity.
        take: delete it although others have changed what was ours in it.

    Returns:
        Nothing to tell when its deletion was asked for or it is gone; otherwise why it stays.

    Raises:
        BrokkrError: the server refused, or nobody knows.
    """
    for tries_left in range(TRIES, -1, -1):
        if uid(live) != uid(after):
            return Attempt(entry=entry, kept="somebody replaced it since; it is not ours to delete")
        if terminating(live):
            return Attempt(entry=entry)
        reason = keep_reason(after, live) or _content(client, live, ours)
        if reason:
            return Attempt(entry=entry, kept=reason)
        changed = theirs(after, live)
        if changed and not take:
            return Attempt(entry=entry, contested=changed, kept="somebody has changed what this run created")
        try:
            client.delete(entry.ref, uid=uid(live), resource_version=resource_version(live) if tries_left else "")
            return Attempt(entry=entry, taken=changed)
        except StaleWriteError:
            found = client.find(entry.ref)
        if found is None:
            return Attempt(entry=entry)
        live = found
    return Attempt(entry=entry, kept="somebody replaced it since; it is not ours to delete")


def _content(client: KubeClient, live: JsonObject, ours: Mapping[ObjectRef, str]) -> str:
    foreign = next(foreign_content(client, live, ours), "")
    return f"it holds {foreign}, which this run did not create" if foreign else ""
