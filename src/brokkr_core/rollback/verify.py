"""Is it back? A pure function over what was recorded and what was read again.

It never sees the answers to the restore's own writes, only fresh reads, and it never says more than it compared:
the predicates P1 to P7 of design 5.3(8), from which the state follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from brokkr_core.apply.difference.paths import below, changed_paths, differences, overlap, ownership
from brokkr_core.apply.identity import terminating, uid
from brokkr_core.model.json import JsonObject, as_list, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.reversibility import Reversibility
from brokkr_core.model.wire import MANAGER
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.predicates import ABSENT_AGAIN, NEVER_MOVED, Predicates
from brokkr_core.rollback.verdict import Finding, ObjectState

_BOUNDED = "somebody may have written while we did; such a change cannot be told from ours"


def verify(
    entry: Entry, live: JsonObject | None, *, contested: tuple[str, ...] = (), manager: str = MANAGER
) -> Finding:
    """Judge one object after a restore.

    Args:
        entry: what was recorded of it.
        live: the object as read again, or None when it does not exist.
        contested: paths the restore left to somebody else.
        manager: the field manager the run applied with.

    Returns:
        The best state that the comparison supports, and what was compared.
    """
    if entry.refused:
        return Finding(ref=entry.ref, state=ObjectState.UNTOUCHED)
    if entry.after is None and _unmoved(entry.before, live):
        compared = NEVER_MOVED if live is not None else ABSENT_AGAIN
        return Finding(ref=entry.ref, state=ObjectState.UNTOUCHED, predicates=compared)
    found = (
        _verify_absent(entry, live) if entry.before is None else _verify(entry, entry.before, live, contested, manager)
    )
    return evolve(found, irreversible=entry.reversibility is Reversibility.IRREVERSIBLE and _carried_out(entry))


def unread(entries: tuple[Entry, ...], reads: Mapping[ObjectRef, JsonObject | None]) -> tuple[Finding, ...]:
    """Name the objects that could not be read again: about those nothing is claimed."""
    return tuple(
        Finding(ref=entry.ref, state=ObjectState.UNVERIFIABLE, note="could not be read again")
        for entry in entries
        if entry.ref not in reads
    )


def _verify_absent(entry: Entry, live: JsonObject | None) -> Finding:
    if live is None and entry.after is not None and not entry.created:
        note = "somebody else had created it before this run wrote to it, and it is gone since"
        return Finding(
            ref=entry.ref, state=ObjectState.GONE_BY_OTHER, note=note, predicates=Predicates(existence=False)
        )
    if live is None:
        return Finding(ref=entry.ref, state=ObjectState.DELETED_CREATED, predicates=ABSENT_AGAIN)
    there = Predicates(existence=False)
    if terminating(live):
        note = f"deleted, but still there{_held_by(live)}"
        return Finding(ref=entry.ref, state=ObjectState.STUCK_TERMINATING, note=note, predicates=there)
    note = "it did not exist before and does now"
    return Finding(ref=entry.ref, state=ObjectState.NOT_RESTORED, note=note, predicates=there)


def _verify(
    entry: Entry, before: JsonObject, live: JsonObject | None, contested: tuple[str, ...], manager: str
) -> Finding:
    if live is None or (terminating(live) and not terminating(before)):
        return _verify_gone(entry, live)
    ours = changed_paths(before, entry.after or live)
    compared = compare(before, live, ours=ours, manager=manager)
    state, paths, note = _state(
        compared, recreated=entry.deleted, lost=_lost(before, live, ours, contested), contested=contested
    )
    if state is ObjectState.RESTORED_EXACT and (entry.bounded or entry.after is None):
        state, note = ObjectState.RESTORED_VALUES_ONLY, _BOUNDED
    return Finding(ref=entry.ref, state=state, paths=paths, note=note, predicates=compared)


def _verify_gone(entry: Entry, live: JsonObject | None) -> Finding:
    gone = Predicates(existence=False)
    if entry.deleted:
        note = "this run deleted it to create it anew, and it is not back"
        return Finding(ref=entry.ref, state=ObjectState.RECREATE_FAILED, note=note, predicates=gone)
    note = "it existed before and does not now" if live is None else f"it is being deleted{_held_by(live)}"
    return Finding(ref=entry.ref, state=ObjectState.GONE_BY_OTHER, note=note, predicates=gone)


def compare(before: JsonObject, live: JsonObject, *, ours: tuple[str, ...], manager: str) -> Predicates:
    """Compare an object with what was recorded of it.

    Args:
        before: the object as recorded.
        live: the object as read again.
        ours: the paths that our write had changed.
        manager: the field manager the run applied with.

    Returns:
        P1 to P7; P9 is left open.
    """
    found = list(differences(before, live))
    touched = [one for one in found if _touches(one.path, ours)]
    own, others = _split(ownership(live), manager)
    own_before, others_before = _split(ownership(before), manager)
    return Predicates(
        existence=True,
        identity=uid(live) == uid(before),
        own_fields=own == own_before,
        values=not any(one.before for one in touched),
        no_residue=all(one.before for one in touched),
        other_owners=others == others_before,
        drift=tuple(sorted({one.path for one in found} - {one.path for one in touched})),
    )


def _state(
    compared: Predicates, *, recreated: bool, lost: tuple[str, ...], contested: tuple[str, ...]
) -> tuple[ObjectState, tuple[str, ...], str]:
    """Find the state that the predicates support, with the paths and the note that explain it."""
    if not compared.identity and not recreated:
        return ObjectState.GONE_BY_OTHER, (), "somebody replaced it; what stands there is not the object from before"
    if lost:
        return ObjectState.NOT_RESTORED, lost, ""
    if contested:
        return ObjectState.CONTESTED, contested, ""
    if not compared.identity:
        return ObjectState.RESTORED_NEW_IDENTITY, (), "another uid than before"
    if compared.drift:
        return ObjectState.FOREIGN_ONLY, compared.drift, "ours is back; somebody has changed other fields since"
    if not (compared.own_fields and compared.other_owners):
        return ObjectState.RESTORED_VALUES_ONLY, (), "values are back, field ownership is not"
    return ObjectState.RESTORED_EXACT, (), ""


def _lost(before: JsonObject, live: JsonObject, ours: tuple[str, ...], contested: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of ours that are not back (P4, P5), those left to somebody else aside."""
    wrong = (path for path in changed_paths(before, live) if _touches(path, ours))
    return tuple(path for path in wrong if not any(below(path, root) for root in contested))


def _carried_out(entry: Entry) -> bool:
    """Whether the write happened, or may have; one that changed nothing did not."""
    if entry.before is None or entry.after is None or entry.created or entry.deleted:
        return True
    return not _unmoved(entry.before, entry.after)


def _unmoved(before: JsonObject | None, live: JsonObject | None) -> bool:
    """Whether a write that got no good answer did nothing: still absent, or still the same version."""
    if before is None or live is None:
        return before is live
    identity = ("uid", "resourceVersion")
    return all(dig(before, "metadata", member) == dig(live, "metadata", member) for member in identity)


def _split(owners: list[tuple[str, ...]], manager: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Part what a manager has applied from what everybody else owns."""
    own = [one for one in owners if one[0] == manager and one[1] == "Apply" and not one[3]]
    return own, [one for one in owners if one not in own]


def _held_by(body: JsonObject) -> str:
    names = [str(name) for name in as_list(dig(body, "metadata", "finalizers"))]
    return f"; finalizers hold it: {', '.join(names)}" if names else ""


def _touches(path: str, changed: tuple[str, ...]) -> bool:
    """Whether our write had changed a path, or something around or within it."""
    return any(overlap(path, one) for one in changed)
