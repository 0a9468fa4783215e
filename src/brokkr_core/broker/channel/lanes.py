"""What waits to be sent: two bounded lanes, and a count of the telemetry that found no room (contract 8.4)."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from enum import Enum
from itertools import count

from attrs import evolve, field, frozen

from brokkr_core.model.sized import sized
from brokkr_core.model.stream import GapReason, LogGap

#: Log gaps that are remembered at once; far more than an agent has stacks.
GAP_LIMIT = 1024


class Lane(Enum):
    """Which of the two lanes; control goes first, always."""

    CONTROL = "control"
    TELEMETRY = "telemetry"


@frozen(kw_only=True)
class Parcel:
    """One frame that waits. What is in it is never in the ``repr``.

    Args:
        text: the frame.
        size: its bytes.
        lane: which lane it goes into.
        key: a newer parcel with the same key takes its place, and it does not outlive its line: it speaks of one
            moment. Empty for what is said once and must not get lost on our side.
        line_of: the stack whose telemetry it is, so that it is missed when it is lost; empty for everything else.
        kind: the frame's type.
        frames: how many are missed when it is lost; a gap stands for all that it counts.
    """

    text: str = field(repr=sized)
    size: int
    lane: Lane
    key: str = ""
    line_of: str = ""
    kind: str = ""
    frames: int = 1


class Queue:
    """Parcels in the order of their arrival, bounded in number and bytes.

    Args:
        most: parcels.
        most_bytes: bytes.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._numbers = count()
        self._parcels: OrderedDict[str, Parcel] = OrderedDict()

    def __len__(self) -> int:
        """Return how many parcels wait."""
        return len(self._parcels)

    def put(self, parcel: Parcel) -> bool:
        """Take a parcel in; what waits is never thrown out for it.

        Args:
            parcel: what to send.

        Returns:
            Whether there was room.
        """
        name = parcel.key or f"#{next(self._numbers)}"
        old = self._parcels.get(name)
        size = self._bytes + parcel.size - (0 if old is None else old.size)
        if size > self._most_bytes or (old is None and len(self._parcels) >= self._most):
            return False
        self._parcels[name] = parcel
        self._bytes = size
        return True

    def take(self) -> Parcel | None:
        """Return the parcel that has waited longest, or None."""
        if not self._parcels:
            return None
        _, parcel = self._parcels.popitem(last=False)
        self._bytes -= parcel.size
        return parcel

    def forget_moments(self) -> int:
        """Throw away what speaks of one moment, and return how many parcels that was."""
        gone = [name for name, parcel in self._parcels.items() if parcel.key]
        for name in gone:
            self._bytes -= self._parcels.pop(name).size
        return len(gone)


class Gaps:
    """Counts telemetry that was lost, for each stack and reason, until the loss can be told."""

    def __init__(self, most: int = GAP_LIMIT) -> None:
        self._most = most
        self._gaps: OrderedDict[tuple[str, GapReason], LogGap] = OrderedDict()

    def __len__(self) -> int:
        """Return how many gaps wait to be told."""
        return len(self._gaps)

    def note(self, stack_id: str, reason: GapReason, now: datetime, frames: int = 1) -> None:
        """Count lost frames; a stack too many is not counted.

        Args:
            stack_id: whose frame it was.
            reason: why it was lost.
            now: when.
            frames: how many.
        """
        known = self._gaps.get((stack_id, reason))
        if known is not None:
            self._gaps[stack_id, reason] = evolve(known, dropped_count=known.dropped_count + frames)
        elif len(self._gaps) < self._most:
            gap = LogGap(stack_id=stack_id, since_ts=now, dropped_count=frames, reason=reason)
            self._gaps[stack_id, reason] = gap

    def of(self, stack_id: str) -> tuple[LogGap, ...]:
        """Return the gaps of a stack."""
        return tuple(gap for (stack, _), gap in self._gaps.items() if stack == stack_id)

    def any(self) -> LogGap | None:
        """Return the gap that was found first, or None."""
        return next(iter(self._gaps.values()), None)

    def told(self, gap: LogGap) -> None:
        """Forget a gap; what is lost from now on begins another."""
        self._gaps.pop((gap.stack_id, gap.reason), None)
