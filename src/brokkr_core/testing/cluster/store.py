"""The objects, the one rising resourceVersion, and the log of what happened.

Stored objects are never changed in place: every write puts a new dict, so that the log and old lists stay true.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

from attrs import frozen

from brokkr_core.model.json import JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.resource import Key, StorageId, uid_of

EventType: TypeAlias = Literal["ADDED", "MODIFIED", "DELETED"]

#: Where counting starts; a real cluster has written its own objects before the first client comes.
FIRST_VERSION = 100


@frozen(kw_only=True)
class Event:
    """One committed change.

    Args:
        version: the resourceVersion it got.
        body: the object after the change; for a delete, its last state under the new resourceVersion.
        before: the object before the change.
    """

    version: int
    type: EventType
    storage_id: StorageId
    key: Key
    body: JsonObject
    before: JsonObject | None = None


class Store:
    """All objects of a cluster.

    Args:
        log_size: how many events are kept for watches and for lists at an old version.
    """

    def __init__(self, log_size: int) -> None:
        self.version = FIRST_VERSION
        self.log: deque[Event] = deque(maxlen=log_size)
        self.listeners: list[Callable[[Event], None]] = []
        self._objects: dict[StorageId, dict[Key, JsonObject]] = {}
        self._places: dict[str, tuple[StorageId, Key]] = {}
        self._dependents: dict[str, set[tuple[StorageId, Key]]] = {}

    def get(self, storage_id: StorageId, key: Key) -> JsonObject | None:
        """Return an object, or None."""
        return self._objects.get(storage_id, {}).get(key)

    def all(self, storage_id: StorageId) -> dict[Key, JsonObject]:
        """Return the objects of a resource by key; do not change the dict."""
        return self._objects.get(storage_id, {})

    def storage_ids(self) -> list[StorageId]:
        """Return what objects are stored under."""
        return [storage_id for storage_id, objects in self._objects.items() if objects]

    def place_of(self, uid: str) -> tuple[StorageId, Key] | None:
        """Return where the object with a uid is stored."""
        return self._places.get(uid)

    def dependents(self, uid: str) -> list[tuple[StorageId, Key]]:
        """Return the objects that name a uid among their owners, in a fixed order."""
        return sorted(self._dependents.get(uid, ()))

    def put(self, storage_id: StorageId, key: Key, body: JsonObject) -> JsonObject:
        """Create or replace an object.

        Returns:
            The object with its new resourceVersion.
        """
        before = self.get(storage_id, key)
        stored = self._stamped(body)
        self._objects.setdefault(storage_id, {})[key] = stored
        self._reindex(storage_id, key, before, stored)
        kind: EventType = "MODIFIED" if before is not None else "ADDED"
        self._note(kind, storage_id, key, stored, before)
        return stored

    def drop(self, storage_id: StorageId, key: Key, last: JsonObject | None = None) -> JsonObject:
        """Remove an object for good.

        Args:
            storage_id: what kind of object it is.
            key: which one.
            last: its last state, if the write that ended it also changed it.

        Returns:
            Its last state under the resourceVersion of the removal.
        """
        before = self._objects[storage_id].pop(key)
        self._reindex(storage_id, key, before, None)
        stamped = self._stamped(last or before)
        self._note("DELETED", storage_id, key, stamped, before)
        return stamped

    def _stamped(self, body: JsonObject) -> JsonObject:
        self.version += 1
        metadata = {**as_object(body["metadata"]), "resourceVersion": str(self.version)}
        return {**body, "metadata": metadata}

    def _note(
        self, kind: EventType, storage_id: StorageId, key: Key, body: JsonObject, before: JsonObject | None
    ) -> None:
        event = Event(version=self.version, type=kind, storage_id=storage_id, key=key, body=body, before=before)
        self.log.append(event)
        for listener in list(self.listeners):
            listener(event)

    def _reindex(self, storage_id: StorageId, key: Key, before: JsonObject | None, after: JsonObject | None) -> None:
        place = (storage_id, key)
        if before is not None and after is not None and _same_ties(before, after):
            return
        for uid in owners_of(before) if before else ():
            self._dependents.get(uid, set()).discard(place)
        for uid in owners_of(after) if after else ():
            self._dependents.setdefault(uid, set()).add(place)
        if before is not None:
            self._places.pop(uid_of(before), None)
        if after is not None:
            self._places[uid_of(after)] = place

    @property
    def oldest_version(self) -> int:
        """The oldest resourceVersion from which the log is still complete."""
        return self.log[0].version - 1 if self.log else self.version

    def at_version(self, storage_id: StorageId, version: int) -> dict[Key, JsonObject]:
        """Return the objects of a resource as they were.

        Args:
            storage_id: whose objects.
            version: a resourceVersion that is not older than ``oldest_version``.
        """
        objects = dict(self.all(storage_id))
        for event in reversed(self.log):
            if event.version <= version:
                break
            if event.storage_id != storage_id:
                continue
            if event.before is None:
                objects.pop(event.key, None)
            else:
                objects[event.key] = event.before
        return objects


def _same_ties(one: JsonObject, other: JsonObject) -> bool:
    mine, yours = as_object(one["metadata"]), as_object(other["metadata"])
    return mine.get("uid") == yours.get("uid") and mine.get("ownerReferences") == yours.get("ownerReferences")


def owners_of(body: JsonObject) -> list[str]:
    """Return the uids in ``metadata.ownerReferences``."""
    references = dig(body, "metadata", "ownerReferences")
    return [as_text(dig(owner, "uid")) for owner in as_list(references)] if references else []
