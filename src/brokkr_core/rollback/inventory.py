"""Does the stack own again what it owned before (P8 of design 5.3(8))? Pure."""

from __future__ import annotations

from collections.abc import Iterable

from brokkr_core.apply.inventory.values import Inventory
from brokkr_core.rollback.verdict import Finding, ObjectState

#: What a rollback leaves standing on purpose stays in the inventory, so that somebody remembers it.
LEFT_STANDING = frozenset({ObjectState.RETAINED_GUARDED, ObjectState.CONTESTED})


def verify_inventory(before: Inventory, now: Inventory, findings: Iterable[Finding] = ()) -> bool:
    """Compare what a stack owned before a run with what it owns after its rollback.

    Args:
        before: the inventory before the run.
        now: the inventory as read again.
        findings: what became of the objects: one that is back under a new uid may have another uid or none, and one
            that was left standing on purpose may be there as well.

    Returns:
        Whether both name the same objects with the same uids. A uid that was not known before proves nothing.
    """
    states = {finding.ref: finding.state for finding in findings}
    old, new = ({entry.ref: entry.uid for entry in side.entries} for side in (before, now))
    left = {ref for ref, state in states.items() if state in LEFT_STANDING}
    if not (old.keys() <= new.keys() <= old.keys() | left):
        return False
    anew = {ref for ref, state in states.items() if state is ObjectState.RESTORED_NEW_IDENTITY}
    return all(new[ref] == uid for ref, uid in old.items() if uid and ref not in anew)
