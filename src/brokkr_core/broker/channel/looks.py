"""Many pushes, one look: what the broker says of changes is worth nothing but a reason to ask it by REST."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why it is worth to look at the broker now."""

    CONNECTED = "connected"  #: the line is up (again), and nothing that was missed is sent again (contract 8.1)
    TARGET_CHANGED = "target_changed"
    STACK_CHANGED = "stack_changed"
    WORK_ORDER = "work_order"


class Looks:
    """Collects reasons and says when one look for all of them is due. Not safe for several threads.

    Args:
        spacing_seconds: between two looks; the first one is due at once.
    """

    def __init__(self, spacing_seconds: float) -> None:
        self._spacing = spacing_seconds
        self._reasons: set[Reason] = set()
        self._not_before = float("-inf")

    def note(self, reason: Reason) -> None:
        """Remember a reason; the same one twice is one."""
        self._reasons.add(reason)

    def wait(self, now: float) -> float | None:
        """Return the seconds until a look is due, 0 when it is, None when there is no reason for one."""
        return max(0.0, self._not_before - now) if self._reasons else None

    def take(self, now: float) -> frozenset[Reason]:
        """Return the reasons for a look that is due, and begin anew; empty when none is due."""
        if not self._reasons or now < self._not_before:
            return frozenset()
        reasons, self._reasons = frozenset(self._reasons), set()
        self._not_before = now + self._spacing
        return reasons
