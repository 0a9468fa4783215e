"""How a worker does, as a value: what it is at, how its rounds ended, and whether it is stuck."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen

from brokkr_core.retry import doubled

#: After a crash the next round comes after the first of these, then after twice that, and so on up to the second.
FIRST_REST_SECONDS = 0.25
LONGEST_REST_SECONDS = 60.0

#: Foreign text in an error is cut to this many characters: it is shown to whoever may ask for the health.
SHOWN = 300


class WorkerState(StrEnum):
    """What a worker is at."""

    WAITING = "waiting"  #: its last round was good, and the next one is not due yet
    WORKING = "working"
    FAILING = "failing"  #: its last round ended with an error that was foreseen, such as a broker that is away
    CRASHED = "crashed"  #: its last round ended with a bug; the next one comes after a rest
    STUCK = "stuck"  #: its round goes on for too long without a sign of life


@frozen(kw_only=True)
class Vitals:
    """How one worker does. Times are seconds of a clock that never goes back, but for ``last_success``.

    Args:
        name: name of the worker.
        limit_seconds: a round without a sign of life for this long is stuck.
        since: when the state was last another one.
        sign: the last sign of life of the round under way; None between two rounds.
        good: rounds that ended well.
        failed: rounds that ended with an error that was foreseen.
        crashed: rounds that ended with a bug.
        in_a_row: crashes since the last round that did not.
        last_success: when a round last ended well.
        last_error: what the last bad round said; kept after a good one.
        trouble: whether the last round was a bad one, and how bad.
        seconds: how long the last round took.
    """

    name: str
    limit_seconds: float
    since: float = 0.0
    sign: float | None = None
    begun: float = 0.0
    good: int = 0
    failed: int = 0
    crashed: int = 0
    in_a_row: int = 0
    last_success: datetime | None = None
    last_error: str = ""
    trouble: WorkerState | None = None
    seconds: float = 0.0

    def state(self, now: float) -> WorkerState:
        """Return what the worker is at."""
        if self.sign is not None and now - self.sign > self.limit_seconds:
            return WorkerState.STUCK
        if self.trouble is not None:
            return self.trouble
        return WorkerState.WAITING if self.sign is None else WorkerState.WORKING

    def began(self, now: float) -> Vitals:
        """Begin a round."""
        return evolve(self, sign=now, begun=now)

    def alive(self, now: float) -> Vitals:
        """Take a sign of life from the round under way."""
        return self if self.sign is None else evolve(self, sign=now)

    def did_well(self, now: float, wall: datetime) -> Vitals:
        """End a round well."""
        ended = self._ended(now, None)
        return evolve(ended, good=self.good + 1, in_a_row=0, last_success=wall)

    def did_fail(self, now: float, error: str) -> Vitals:
        """End a round with an error that was foreseen."""
        ended = self._ended(now, WorkerState.FAILING)
        return evolve(ended, failed=self.failed + 1, in_a_row=0, last_error=error[:SHOWN])

    def did_crash(self, now: float, error: str) -> Vitals:
        """End a round with a bug."""
        ended = self._ended(now, WorkerState.CRASHED)
        return evolve(ended, crashed=self.crashed + 1, in_a_row=self.in_a_row + 1, last_error=error[:SHOWN])

    def rest(self, pause: float) -> float:
        """Return how long to wait before the next round.

        Args:
            pause: how long it would be were all well, in seconds.
        """
        if self.in_a_row == 0:
            return pause
        return max(pause, doubled(FIRST_REST_SECONDS, times=self.in_a_row - 1, most=LONGEST_REST_SECONDS))

    def _ended(self, now: float, trouble: WorkerState | None) -> Vitals:
        since = self.since if trouble is self.trouble else now
        return evolve(self, sign=None, trouble=trouble, since=since, seconds=now - self.begun)
