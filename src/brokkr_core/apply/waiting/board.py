"""Where the lookouts pin what they see, and the applier takes down what is new."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from attrs import frozen

from brokkr_core.apply.waiting.sight import Sight
from brokkr_core.model.ref import GroupKind, ObjectRef


@frozen(kw_only=True)
class Collection:
    """A kind in a namespace: what one LIST and one WATCH are about."""

    group_kind: GroupKind
    version: str
    namespace: str

    @classmethod
    def of(cls, ref: ObjectRef) -> Collection:
        """Return where an object belongs."""
        return cls(group_kind=ref.group_kind, version=ref.version, namespace=ref.namespace)


class Board:
    """The newest sight of every wanted object. Safe for several threads.

    An object is wanted from the beginning and awaited once it was written: what happens in between must not be lost.

    Args:
        wanted: the objects whose bodies are worth keeping.
        wake: called whenever there is something new about an awaited object.
    """

    def __init__(self, wanted: Iterable[ObjectRef], *, wake: Callable[[], None]) -> None:
        self._lock = threading.Lock()
        self._wake = wake
        self._wanted: dict[Collection, set[ObjectRef]] = {}
        for ref in wanted:
            self._wanted.setdefault(Collection.of(ref), set()).add(ref)
        self._awaited: dict[Collection, set[ObjectRef]] = {}
        self._sights: dict[ObjectRef, Sight] = {}
        self._news: set[ObjectRef] = set()

    def wanted(self, collection: Collection) -> frozenset[ObjectRef]:
        """Return what is worth keeping of a collection."""
        with self._lock:
            return frozenset(self._wanted.get(collection, ()))

    def awaited(self, collection: Collection) -> frozenset[ObjectRef]:
        """Return what is waited for in a collection."""
        with self._lock:
            return frozenset(self._awaited.get(collection, ()))

    def expect(self, ref: ObjectRef) -> None:
        """Wait for an object; what was seen of it before is news now."""
        with self._lock:
            self._awaited.setdefault(Collection.of(ref), set()).add(ref)
            self._wanted.setdefault(Collection.of(ref), set()).add(ref)
            known = ref in self._sights
            if known:
                self._news.add(ref)
        if known:
            self._wake()

    def forget(self, ref: ObjectRef) -> None:
        """Want nothing more to do with an object."""
        collection = Collection.of(ref)
        with self._lock:
            self._wanted.get(collection, set()).discard(ref)
            self._awaited.get(collection, set()).discard(ref)
            self._sights.pop(ref, None)
            self._news.discard(ref)

    def pin(self, ref: ObjectRef, sight: Sight) -> None:
        """Report a sight; nobody keeps one of an object that is not wanted."""
        collection = Collection.of(ref)
        with self._lock:
            if ref not in self._wanted.get(collection, ()):
                return
            self._sights[ref] = sight
            new = ref in self._awaited.get(collection, ())
            if new:
                self._news.add(ref)
        if new:
            self._wake()

    def take(self) -> dict[ObjectRef, Sight]:
        """Return what is new about awaited objects since the last time."""
        with self._lock:
            found = {ref: self._sights[ref] for ref in self._news}
            self._news.clear()
        return found
