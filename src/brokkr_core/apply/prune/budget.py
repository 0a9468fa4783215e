"""How much may leave a stack in one run. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from brokkr_core.apply.inventory.values import Entry, Inventory
from brokkr_core.apply.prune.candidates import Candidate
from brokkr_core.apply.prune.policy import PrunePolicy
from brokkr_core.errors import InputError
from brokkr_core.model.ref import ObjectRef


class PruneRefusedError(InputError):
    """So much would be deleted that a person should look first; nothing was."""


def leaving(inventory: Inventory, desired: Iterable[ObjectRef]) -> tuple[Entry, ...]:
    """Return what the stack owned and no longer wants; another version of the same object has not left."""
    wanted = frozenset(desired)
    return tuple(entry for entry in inventory.entries if entry.ref not in wanted)


def check_budget(candidates: Iterable[Candidate], inventory: Inventory, desired: int, policy: PrunePolicy) -> None:
    """Refuse a prune that is too large to be meant, before the first write of the run.

    Only what would really be deleted counts: not what is gone already, and not what is kept.

    Args:
        candidates: what left the stack, looked at.
        inventory: everything the stack owns.
        desired: how many objects the new revision has.
        policy: the budget.

    Raises:
        PruneRefusedError: over budget, or an empty revision without a deletion marker.
    """
    deleting = sum(1 for one in candidates if one.goes)
    if policy.allow_empty:
        return
    if not desired and deleting:
        raise PruneRefusedError(
            f"the revision is empty and would delete all {deleting} objects of the stack; "
            "post a deletion marker if that is what you want"
        )
    reason = policy.over_budget(deleting=deleting, of=len(inventory.entries))
    if reason:
        raise PruneRefusedError(f"prune budget: {reason}; nothing was deleted: raise the budget or post smaller steps")
