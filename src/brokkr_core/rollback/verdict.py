"""How far a failed run was put back: the words a report may use, and when it may use them (design 5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from attrs import frozen

from brokkr_core.model.ref import ObjectRef


class Verdict(StrEnum):
    """The verdict on a whole rollback, from best to worst."""

    NOT_NEEDED = "NOT_NEEDED"  #: nothing had been changed
    VERIFIED_EXACT = "VERIFIED_EXACT"  #: every object read again: existence, uid, values and owners as before
    VERIFIED_EQUIVALENT = "VERIFIED_EQUIVALENT"  #: values as before, identity or ownership is not
    VERIFIED_WITH_RETENTIONS = "VERIFIED_WITH_RETENTIONS"  #: as above, guarded objects deliberately kept
    CONTESTED = "CONTESTED"  #: ours is back; somebody else has changed some paths since, they were left alone
    PARTIAL = "PARTIAL"  #: some objects are back, some are not
    UNVERIFIABLE = "UNVERIFIABLE"  #: put back as far as anybody can tell, but it could not be read again
    FAILED = "FAILED"  #: nothing could be put back
    NOT_ATTEMPTED = "NOT_ATTEMPTED"  #: policy said no; the state is left as it is


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
    GONE_BY_OTHER = "gone_by_other"
    STUCK_TERMINATING = "stuck_terminating"
    NOT_RESTORED = "not_restored"
    UNVERIFIABLE = "unverifiable"


#: The verdict that one object allows at best; the worst object decides.
_CEILING = {
    ObjectState.UNTOUCHED: Verdict.VERIFIED_EXACT,
    ObjectState.RESTORED_EXACT: Verdict.VERIFIED_EXACT,
    ObjectState.DELETED_CREATED: Verdict.VERIFIED_EXACT,
    ObjectState.RESTORED_VALUES_ONLY: Verdict.VERIFIED_EQUIVALENT,
    ObjectState.RESTORED_NEW_IDENTITY: Verdict.VERIFIED_EQUIVALENT,
    ObjectState.FOREIGN_ONLY: Verdict.VERIFIED_EQUIVALENT,
    ObjectState.RETAINED_GUARDED: Verdict.VERIFIED_WITH_RETENTIONS,
    ObjectState.CONTESTED: Verdict.CONTESTED,
    ObjectState.GONE_BY_OTHER: Verdict.PARTIAL,
    ObjectState.STUCK_TERMINATING: Verdict.PARTIAL,
    ObjectState.NOT_RESTORED: Verdict.PARTIAL,
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

    @property
    def ceiling(self) -> Verdict:
        """The best verdict on the whole that this object still allows."""
        return _CEILING[self.state]

    def __str__(self) -> str:
        where = f" at {', '.join(self.paths[:5])}{' …' if len(self.paths) > 5 else ''}" if self.paths else ""
        return f"{self.ref}: {self.state}{where}" + (f" ({self.note})" if self.note else "")


def aggregate(findings: Iterable[Finding]) -> Verdict:
    """Judge the whole by its worst object.

    Args:
        findings: one per object that was written.

    Returns:
        ``NOT_NEEDED`` without findings; ``FAILED`` when not one object is back.
    """
    states = [finding.state for finding in findings]
    if not states:
        return Verdict.NOT_NEEDED
    if all(state is ObjectState.NOT_RESTORED for state in states):
        return Verdict.FAILED
    return max((_CEILING[state] for state in states), key=_ORDER.index)


def worse(one: Finding, other: Finding) -> Finding:
    """Return which of two findings about the same object to believe: the worse; the first when they are alike."""
    return max(one, other, key=lambda finding: _ORDER.index(finding.ceiling))
