"""From what is done to one percentage: a fixed share of the whole for each phase."""

from __future__ import annotations

from brokkr_agent.deployments.values import Phase

#: What is reached when a phase begins.
PLANNED = 5
VALIDATED = 15
#: Shares of the whole: every object written, every object ready, everything deleted that left the stack.
WRITTEN_SHARE = 35
READY_SHARE = 40
PRUNED_SHARE = 9
#: More there is not before the end.
MOST = 99


def percent(phase: Phase, *, wanted: int, written: int, ready: int, leaving: int, gone: int) -> int:
    """Return how much of an attempt that goes on is done.

    Args:
        phase: what it is at.
        wanted: objects of the revision.
        written: how many of them are written.
        ready: how many of them came to a good end.
        leaving: objects that left the stack.
        gone: how many of them came to a good end.

    Returns:
        From 0 to ``MOST``.
    """
    if phase is Phase.PLANNING:
        return 0
    if phase is Phase.VALIDATING:
        return PLANNED
    if not wanted:  # a removal does nothing but delete
        done = (WRITTEN_SHARE + READY_SHARE + PRUNED_SHARE) * _part(gone, leaving)
    else:
        pruned = PRUNED_SHARE if leaving else 0
        done = WRITTEN_SHARE * _part(written, wanted) + pruned * _part(gone, leaving)
        done += (READY_SHARE + PRUNED_SHARE - pruned) * _part(ready, wanted)
    return min(MOST, VALIDATED + int(done))


def _part(some: int, of: int) -> float:
    return some / of if of else 1.0
