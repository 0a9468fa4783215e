"""One write of a run, as it is recorded. Pure."""

from __future__ import annotations

from attrs import evolve, field, frozen

from brokkr_core.apply.difference.paths import changed_paths, ownership
from brokkr_core.apply.identity import uid
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.reversibility import Reversibility


@frozen(kw_only=True)
class Entry:
    """One write: the object before it, and after it once the answer came.

    ``after`` is None while nobody knows whether the write happened; ``created`` is the server's word (201);
    ``bounded`` means that somebody else may have written between ``before`` and ``after``.
    """

    ref: ObjectRef
    before: JsonObject | None = field(repr=False)
    after: JsonObject | None = field(default=None, repr=False)
    created: bool = False
    bounded: bool = False
    deleted: bool = False  #: we deleted ``before`` to create it anew
    refused: bool = False  #: the server refused, so nothing that happened to the object is our doing
    reversibility: Reversibility = Reversibility.EXACT  #: as classed before the run
    #: What a second write found, of a run that goes on with one that was not ended; ``before`` is older than it.
    found: JsonObject | None = field(default=None, repr=False)


def continued(earlier: Entry | None, entry: Entry) -> Entry:
    """Return what is to be put back when a second run writes where an earlier one has written and was not ended. Pure.

    An object that stands as the earlier run left it goes back to what it was before that one; any other one is
    somebody else's by now and goes back to what this run found.
    """
    if earlier is None or entry.before is None or not stands(earlier, entry.before):
        return entry
    bounded = earlier.bounded or entry.bounded
    return evolve(earlier, after=None, found=entry.before, bounded=bounded, reversibility=entry.reversibility)


def stands(entry: Entry, live: JsonObject | None) -> bool:
    """Tell whether an object stands as a run left it. Pure."""
    return live is not None and entry.after is not None and as_it_was(entry.after, live)


def as_it_was(then: JsonObject, now: JsonObject) -> bool:
    """Tell whether an object is the same in value, identity and owners, server-managed fields aside. Pure."""
    same_object = uid(then) == uid(now)
    return same_object and not changed_paths(then, now) and ownership(then) == ownership(now)


def answered(entry: Entry, after: JsonObject, *, created: bool, bounded: bool) -> Entry:
    """Return an entry with what the server made of the write. Pure."""
    mine = entry.created or created
    return evolve(entry, after=after, found=None, created=mine, bounded=entry.bounded or bounded)


def declined(entry: Entry) -> Entry:
    """Return an entry whose write the server refused: what an earlier run did to the object stays our doing. Pure."""
    return evolve(entry, after=entry.found, found=None) if entry.found is not None else evolve(entry, refused=True)
