"""Was it carried out? What one look at an object says about a write whose answer nobody has. Pure."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.apply.authorship import created_by
from brokkr_core.apply.difference.paths import changed_paths, ownership
from brokkr_core.apply.identity import terminating, uid
from brokkr_core.model.json import Json, JsonObject, as_list, dig
from brokkr_core.rollback.entry import Entry, as_it_was, declined


def in_doubt(entry: Entry) -> bool:
    """Whether nobody knows if the write of an entry, or the deletion before it, was carried out."""
    return entry.after is None and not entry.refused


def settle(entry: Entry, live: JsonObject | None, *, would: JsonObject | None, manager: str) -> Entry:
    """Decide a doubt (design 5.3(10)).

    An object that stands as recorded was not written. One that is as the server said it would be was written by us.
    Anything else is taken as written, with bounded evidence: a change of somebody else cannot be told from ours there.

    Args:
        entry: what was recorded before the write.
        live: the object as it stands now, or None.
        would: what the server had said the write would make, if it was asked.
        manager: field manager of the write.

    Returns:
        The entry as if the answer had come. ``refused`` when only somebody else has written; still without ``after``
        when it stands as recorded, so that a write that was under way and lands late is seen, and when it is gone.
    """
    if entry.found is not None:
        return _settle_again(entry, entry.found, live, would, manager)
    before = entry.before
    if before is None:
        return _settle_creation(entry, live, manager)
    if entry.deleted:
        return _settle_recreation(entry, before, live, manager)
    if live is None or uid(live) != uid(before):
        return entry  # no apply does that, but one of ours may have come before it: nobody can say that it is back
    if as_it_was(before, live):
        return entry
    if would is not None and not changed_paths(would, live) and ownership(would) == ownership(live):
        return evolve(entry, after=live)
    if _untouched_by_us(before, live, would, manager):
        return evolve(entry, refused=True)
    return evolve(entry, after=would or live, bounded=True)


def _settle_again(
    entry: Entry, found: JsonObject, live: JsonObject | None, would: JsonObject | None, manager: str
) -> Entry:
    """Decide about a second write as if it were the first; what the first one did is known."""
    second = settle(evolve(entry, before=found, found=None), live, would=would, manager=manager)
    if second.after is None:
        return evolve(declined(entry), deleted=second.deleted)
    return evolve(second, before=entry.before, created=entry.created or second.created)


def _settle_creation(entry: Entry, live: JsonObject | None, manager: str) -> Entry:
    if live is not None and created_by(live, manager):
        return evolve(entry, after=live, created=True)
    return entry  # absent, or nobody knows; then it is not deleted


def _settle_recreation(entry: Entry, before: JsonObject, live: JsonObject | None, manager: str) -> Entry:
    if live is None:
        return entry  # what was recorded is gone, by our word: it is brought back
    if uid(live) == uid(before):
        asked = terminating(live)
        return entry if asked else evolve(entry, deleted=False)
    if created_by(live, manager):
        return evolve(entry, after=live, created=True)
    return entry


def _untouched_by_us(before: JsonObject, live: JsonObject, would: JsonObject | None, manager: str) -> bool:
    """Whether our write left no trace: our own entry as it was, and nothing of what we wanted is there."""
    if would is None or _own(before, manager) != _own(live, manager):
        return False
    wanted = frozenset(changed_paths(before, would))
    return (
        bool(wanted)
        and wanted <= frozenset(changed_paths(live, would))
        and wanted.isdisjoint(changed_paths(before, live))
    )


def _own(body: JsonObject, manager: str) -> list[Json]:
    """Our own entries, times included: an apply that changes anything moves the time."""
    entries = as_list(dig(body, "metadata", "managedFields"))
    return [one for one in entries if dig(one, "manager") == manager and dig(one, "operation") == "Apply"]
