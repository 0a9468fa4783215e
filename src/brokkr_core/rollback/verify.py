"""Is it back? A pure function over what was recorded and what was read again.

It never sees the answers to the restore's own writes, only fresh reads, and it never says more than it compared:
existence (P1), uid (P2), who owns which fields (P3, P6), values (P4) and leftovers (P5) of design 5.3(8).
"""

from __future__ import annotations

from collections.abc import Mapping

from brokkr_core.apply.difference.paths import below, changed_paths, ownership
from brokkr_core.model.json import JsonObject, as_list, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.verdict import Finding, ObjectState


def verify(entry: Entry, live: JsonObject | None, *, contested: tuple[str, ...] = ()) -> Finding:
    """Judge one object after a restore.

    Args:
        entry: what was recorded of it.
        live: the object as read again, or None when it does not exist.
        contested: paths the restore left to somebody else.

    Returns:
        The best state that the comparison supports.
    """
    if entry.refused or (entry.after is None and _unmoved(entry.before, live)):
        return Finding(ref=entry.ref, state=ObjectState.UNTOUCHED)
    if entry.before is None:
        return _verify_absent(entry, live)
    if entry.deleted and (live is None or (_terminating(live) and not _terminating(entry.before))):
        note = "this run deleted it to create it anew, and it is not back"
        return Finding(ref=entry.ref, state=ObjectState.NOT_RESTORED, note=note)
    if live is None:
        return Finding(ref=entry.ref, state=ObjectState.GONE_BY_OTHER, note="it existed before and does not now")
    if _terminating(live) and not _terminating(entry.before):
        return Finding(ref=entry.ref, state=ObjectState.GONE_BY_OTHER, note=f"it is being deleted{_held_by(live)}")
    differing = changed_paths(entry.before, live)
    ours = _touching(differing, changed_paths(entry.before, entry.after or live))
    lost = _outside(ours, contested)
    if lost:
        return Finding(ref=entry.ref, state=ObjectState.NOT_RESTORED, paths=lost)
    if contested:
        return Finding(ref=entry.ref, state=ObjectState.CONTESTED, paths=contested)
    if dig(live, "metadata", "uid") != dig(entry.before, "metadata", "uid"):
        return Finding(ref=entry.ref, state=ObjectState.RESTORED_NEW_IDENTITY, note="another uid than before")
    if differing:
        note = "ours is back; somebody has changed other fields since"
        return Finding(ref=entry.ref, state=ObjectState.FOREIGN_ONLY, paths=differing, note=note)
    if ownership(live) != ownership(entry.before):
        note = "values are back, field ownership is not"
        return Finding(ref=entry.ref, state=ObjectState.RESTORED_VALUES_ONLY, note=note)
    if entry.bounded:
        note = "somebody may have written while we did; such a change cannot be told from ours"
        return Finding(ref=entry.ref, state=ObjectState.RESTORED_VALUES_ONLY, note=note)
    return Finding(ref=entry.ref, state=ObjectState.RESTORED_EXACT)


def unread(entries: tuple[Entry, ...], reads: Mapping[ObjectRef, JsonObject | None]) -> tuple[Finding, ...]:
    """Name the objects that could not be read again: about those nothing is claimed."""
    return tuple(
        Finding(ref=entry.ref, state=ObjectState.UNVERIFIABLE, note="could not be read again")
        for entry in entries
        if entry.ref not in reads
    )


def _verify_absent(entry: Entry, live: JsonObject | None) -> Finding:
    if live is None:
        return Finding(ref=entry.ref, state=ObjectState.DELETED_CREATED)
    if _terminating(live):
        note = f"deleted, but still there{_held_by(live)}"
        return Finding(ref=entry.ref, state=ObjectState.STUCK_TERMINATING, note=note)
    return Finding(ref=entry.ref, state=ObjectState.NOT_RESTORED, note="it did not exist before and does now")


def _unmoved(before: JsonObject | None, live: JsonObject | None) -> bool:
    """Whether a write that got no good answer did nothing: still absent, or still the same version."""
    if before is None or live is None:
        return before is live
    identity = ("uid", "resourceVersion")
    return all(dig(before, "metadata", member) == dig(live, "metadata", member) for member in identity)


def _terminating(body: JsonObject) -> bool:
    return dig(body, "metadata", "deletionTimestamp") is not None


def _held_by(body: JsonObject) -> str:
    names = [str(name) for name in as_list(dig(body, "metadata", "finalizers"))]
    return f"; finalizers hold it: {', '.join(names)}" if names else ""


def _touching(paths: tuple[str, ...], changed: tuple[str, ...]) -> tuple[str, ...]:
    """The paths that our write had changed, or that lie around or within one it had."""
    return tuple(path for path in paths if any(below(path, one) or below(one, path) for one in changed))


def _outside(paths: tuple[str, ...], roots: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(path for path in paths if not any(below(path, root) for root in roots))
