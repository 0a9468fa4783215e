"""What a stack owns in the cluster, as a value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from attrs import evolve, field, frozen

from brokkr_core.model.ref import ObjectRef


@frozen(kw_only=True, order=True)
class Entry:
    """One object that a stack owns. The uid is empty until its creation was seen."""

    ref: ObjectRef
    uid: str = field(default="", eq=False, order=False)


@frozen(kw_only=True)
class Inventory:
    """Everything a stack owns, and the revision it was brought to."""

    entries: tuple[Entry, ...] = ()
    revision: str = ""  #: id of the deployment object last committed; empty before the first success
    checksum: str = ""

    def union(self, refs: Iterable[ObjectRef]) -> Inventory:
        """Return the inventory with further objects in it, their uids unknown."""
        return self.with_entries(Entry(ref=ref) for ref in refs)

    def with_entries(self, entries: Iterable[Entry]) -> Inventory:
        """Return the inventory with further entries; what it knows already stays as it is."""
        known = {entry.ref: entry for entry in self.entries}
        added = {entry.ref: entry for entry in entries if entry.ref not in known}
        return evolve(self, entries=in_order((known | added).values())) if added else self

    def without_uids(self, refs: Iterable[ObjectRef]) -> Inventory:
        """Return the inventory with the uids of some objects unknown."""
        unknown = frozenset(refs)
        return evolve(self, entries=tuple(Entry(ref=one.ref) if one.ref in unknown else one for one in self.entries))


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Sort entries by identity, many at once faster than they compare themselves."""
    return tuple(sorted(entries, key=_identity))


def _identity(entry: Entry) -> tuple[str, str, str, str]:
    ref = entry.ref
    return (ref.group, ref.kind, ref.namespace, ref.name)


@frozen(kw_only=True)
class StackKey:
    """Which stack of which owner: two agents in one cluster keep two inventories."""

    stack_id: str
    owner_id: str

    @property
    def digest(self) -> str:
        """What stands for the stack in names: short, valid whatever the ids are, and the same at every start."""
        return hashlib.sha256(f"{self.owner_id}/{self.stack_id}".encode()).hexdigest()[:16]

    @property
    def object_name(self) -> str:
        """Name of the root ConfigMap."""
        return f"brokkr-inventory-{self.digest}"
