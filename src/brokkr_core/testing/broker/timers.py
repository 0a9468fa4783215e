"""The broker's background timers, run when a request finds them due (contract 9).

Nobody can look at the database but through a request, so running late changes nothing that a client could see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from attrs import frozen

from brokkr_core.testing.broker.live.board import Board
from brokkr_core.testing.broker.settings import Settings
from brokkr_core.testing.broker.sources import Sources
from brokkr_core.testing.broker.store import State


@frozen(kw_only=True)
class Sweep:
    """What one run of a timer works with."""

    state: State
    settings: Settings
    sources: Sources
    board: Board
    now: datetime


@frozen(kw_only=True)
class Timer:
    """Something the broker does every so often.

    Args:
        period_seconds: how often.
        run: what is done.
    """

    period_seconds: float
    run: Callable[[Sweep], None]


class Timers:
    """The timers of one broker process, each first due a period after the start.

    Args:
        timers: in the order in which due ones run.
        started: when the process started.
    """

    def __init__(self, timers: Iterable[Timer], started: datetime) -> None:
        self._timers = tuple(timers)
        self._last = [started] * len(self._timers)

    def run_due(self, sweep: Sweep) -> None:
        """Run each timer whose period has passed, once."""
        for index, timer in enumerate(self._timers):
            if sweep.now - self._last[index] >= timedelta(seconds=timer.period_seconds):
                self._last[index] = sweep.now
                timer.run(sweep)
