"""How far a failed run was put back: the words a report may use, and when it may use them (design 5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from attrs import field, frozen

from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback.predicates import Predicates


class Verdict(StrEnum):
    """The verdict on a whole rollback, from best to worst; the last one is about a rollback that never began."""

    NOT_NEEDED = "NOT_NEEDED"  #: nothing had been changed
    VERIFIED_EXACT = "VERIFIED_EXACT"  #: every object read again: existence, uid, values and owners as before
    VERIFIED_EQUIVALENT = "VERIFIED_EQUIVALENT"  #: values as before, identity or ownership is not
    VERIFIED_WITH_RETENTIONS = "VERIFIED_WITH_RETENTIONS"  #: as above, guarded objects deliberately kept
    CONTESTED = "CONTESTED"  #: ours is back; somebody else has changed some paths since, they were left alone
    PARTIAL = "PARTIAL"  #: some objects are back, some are not
    IRREVERSIBLE = "IRREVERSIBLE"  #: a change was carried out that cannot be undone through the API
    UNVERIFIABLE = "UNVERIFIABLE"  #: put back as far as anybody can tell, but it could not be read again
    FAILED = "FAILED"  #: nothing could be put back
    NOT_ATTEMPTED = "NOT_ATTEMPTED"  #: policy said no; the state is left as it is

    @property
    def exit_code(self) -> int:
        """What a program ends with after this rollback; 0 never means that something was rolled back."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Verdict.NOT_NEEDED: 0,
    Verdict.VERIFIED_EXACT: 10,
    Verdict.VERIFIED_EQUIVALENT: 11,
    Verdict.VERIFIED_WITH_RETENTIONS: 12,
    Verdict.CONTESTED: 13,
    Verdict.NOT_ATTEMPTED: 20,
    Verdict.PARTIAL: 21,
    Verdict.IRREVERSIBLE: 22,
    Verdict.UNVERIFIABLE: 23,
    Verdict.FAILED: 24,
}


class ObjectState(StrEnum):
    """What became of one object in a rollback."""

    UNTOUCHED = "untouched"
    RESTORED_EXACT = "restored_exact"
    RESTORED_VALUES_ONLY = "restored_values_only"
    RESTORED_NEW_IDENTITY = "restored_new_identity"
    DELETED_CREATED = "deleted_created"
    RETAINED_GUARDED = "retained_guarded"
    CONTESTED = "contested"
    FOREIGN_ONLY = "foreign_only"
    RECREATE_FAILED = "recreate_failed"
    IMMUTABLE_BLOCKED = "immutable_blocked"
    ADMISSION_DENIED = "admission_denied"
    FORBIDDEN = "forbidden"
    QUOTA_BLOCKED = "quota_blocked"
    NOT_RESTORED = "not_restored"
    GONE_BY_OTHER = "gone_by_other"
    STUCK_TERMINATING = "stuck_terminating"
    UNVERIFIABLE = "unverifiable"


#: The object is not as it was because its restore did not work; each says why, and the last fits everything else.
NOT_BACK = frozenset(
    {
        ObjectState.RECREATE_FAILED,
        ObjectState.IMMUTABLE_BLOCKED,
        ObjectState.ADMISSION_DENIED,
        ObjectState.FORBIDDEN,
        ObjectState.QUOTA_BLOCKED,
        ObjectState.NOT_RESTORED,
    }
)

#: The verdict that one object allows at best; the worst object decides. What is missing here allows PARTIAL.
_CEILING = {
    ObjectState.UNTOUCHED: Verdict.VERIFIED_EXACT,
    ObjectState.RESTORED_EXACT: Verdict.VERIFIED_EXACT,
    ObjectState.DELETED_CREATED: Verdict.VERIFIED_EXACT,
    ObjectState.RESTORED_VALUES_ONLY: Verdict.VERIFIED_EQUIVALENT,
    ObjectState.RESTORED_NEW_IDENTITY: Verdict.VERIFIED_EQUIVALENT,
    ObjectState.FOREIGN_ONLY: Verdict.VERIFIED_EQUIVALENT,
    ObjectState.RETAINED_GUARDED: Verdict.VERIFIED_WITH_RETENTIONS,
    ObjectState.CONTESTED: Verdict.CONTESTED,
    ObjectState.UNVERIFIABLE: Verdict.UNVERIFIABLE,
}

_ORDER = list(Verdict)


@frozen(kw_only=True)
class Finding:
    """One object after a rollback: its state and why. ``paths`` are field paths, never values."""

    ref: ObjectRef
    state: ObjectState
    paths: tuple[str, ...] = ()
    note: str = ""
    irreversible: bool = False  #: something was done to it that cannot be undone through the API
    predicates: Predicates = field(factory=Predicates)

    @property
    def ceiling(self) -> Verdict:
        """The best verdict on the whole that this object still allows."""
        best = _CEILING.get(self.state, Verdict.PARTIAL)
        return worst(best, Verdict.IRREVERSIBLE) if self.irreversible else best

    @property
    def failed(self) -> bool:
        """Whether its restore did not work; values that are back on an object that is not ready are no such failure."""
        return self.state in NOT_BACK and self.predicates.health is not False and not self.irreversible

    def __str__(self) -> str:
        where = f" at {', '.join(self.paths[:5])}{' …' if len(self.paths) > 5 else ''}" if self.paths else ""
        notes = (self.note, "it cannot be undone through the API" if self.irreversible else "")
        said = "; ".join(note for note in notes if note)
        return f"{self.ref}: {self.state}{where}" + (f" ({said})" if said else "")


def aggregate(findings: Iterable[Finding]) -> Verdict:
    """Judge the whole by its worst object.

    Args:
        findings: one per object that was written, or may have been.

    Returns:
        ``NOT_NEEDED`` without findings; ``FAILED`` when the restore of every object that was touched failed.
    """
    found = tuple(findings)
    touched = [finding for finding in found if finding.state is not ObjectState.UNTOUCHED]
    if touched and all(finding.failed for finding in touched):
        return Verdict.FAILED
    return worst(Verdict.NOT_NEEDED, *(finding.ceiling for finding in found))


def worst(*verdicts: Verdict) -> Verdict:
    """Return the worst of some verdicts."""
    return max(verdicts, key=_ORDER.index)


def worse(one: Finding, other: Finding) -> Finding:
    """Return which of two findings about the same object to believe: the worse; the first when they are alike."""
    return max(one, other, key=lambda finding: _ORDER.index(finding.ceiling))
