"""Loops that run side by side under one stop signal; a crash in one is told, and the loop goes on after a rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from attrs import evolve

from brokkr_agent.errors import own_failure
from brokkr_agent.stop import Stop
from brokkr_agent.vitals import Vitals
from brokkr_core.errors import BrokkrError, StoppedError

_log = structlog.get_logger("workers")

#: A round without a sign of life for this long is stuck: every wait for an answer is much shorter.
STUCK_SECONDS = 300.0


class Loop:
    """Call something again and again until a stop.

    Args:
        name: name of the thread and in the log.
        pause: asked after each call for how many seconds to wait before the next.
        work: one round; what it raises is logged, and the next round comes all the same.
        stop: ends the loop.
        limit: asked at the begin of each round; without a sign of life for so many seconds it is stuck.
    """

    def __init__(
        self,
        name: str,
        pause: Callable[[], float],
        work: Callable[[], None],
        stop: Stop,
        *,
        limit: Callable[[], float] = lambda: STUCK_SECONDS,
    ) -> None:
        self._pause = pause
        self._work = work
        self._stop = stop
        self._limit = limit
        self._early = threading.Event()
        self._woken = False
        self._lock = threading.Lock()
        self._vitals = Vitals(name=name, limit_seconds=limit(), since=time.monotonic())
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; the first round comes at once."""
        self._stop.on_stop(self._early.set)
        self._thread.start()

    def wake(self) -> None:
        """Let the next round come now, or at once after the one under way; a rest after a crash is not cut short."""
        self._woken = True
        self._early.set()

    def repace(self) -> None:
        """Ask anew how long to wait, as the pause may be another one now; the next round does not come later by it."""
        self._early.set()

    def join(self, deadline: float) -> bool:
        """Wait for the loop to end until a time of the monotonic clock; tell whether it has."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    def beat(self) -> None:
        """Take a sign of life from the round under way: it may be long, but it gets on."""
        self._become(lambda vitals: vitals.alive(time.monotonic()))

    def under(self, stop: Stop) -> bool:
        """Tell whether this stop ends the loop."""
        return stop is self._stop

    @property
    def name(self) -> str:
        """Name of the loop."""
        return self._thread.name

    @property
    def ident(self) -> int | None:
        """The thread's own number; None before it was started."""
        return self._thread.ident

    @property
    def vitals(self) -> Vitals:
        """How the loop does."""
        with self._lock:
            return self._vitals

    def _run(self) -> None:
        while not self._stop():
            self._round()
            rest = self._rest()
            if self.vitals.in_a_row:
                self._stop.wait(rest)
            else:
                self._wait_until(time.monotonic() + rest)

    def _wait_until(self, due: float) -> None:
        """Wait until a time of the monotonic clock, unless a stop or somebody who wakes the loop comes first."""
        while not self._woken and not self._stop() and self._early.wait(max(0.0, due - time.monotonic())):
            self._early.clear()
            if not self._woken:
                due = min(due, time.monotonic() + self._rest())
        self._woken = False

    def _round(self) -> None:
        limit = self._limit()
        self._become(lambda vitals: evolve(vitals, limit_seconds=limit).began(time.monotonic()))
        try:
            self._work()
        except StoppedError:
            self._did_well()  # without a stop it was not our turn, which is no trouble
        except BrokkrError as error:
            problem = str(error)
            self._become(lambda vitals: vitals.did_fail(time.monotonic(), problem))
            with suppress(Exception):  # a log that cannot be written must not end the loop
                _log.warning("round failed", loop=self.name, error=problem)
        except BaseException as error:
            # A bug in one round must not end the loop: an agent that silently does nothing is worse.
            self._crashed(error)
        else:
            self._did_well()

    def _rest(self) -> float:
        try:
            pause = self._pause()
        except Exception as error:
            self._crashed(error)
            pause = 0.0
        return self.vitals.rest(pause)

    def _did_well(self) -> None:
        self._become(lambda vitals: vitals.did_well(time.monotonic(), datetime.now(UTC)))

    def _crashed(self, error: BaseException) -> None:
        self._become(lambda vitals: vitals.did_crash(time.monotonic(), own_failure(error)))
        with suppress(Exception):
            _log.exception("round crashed", loop=self.name, again_in=self.vitals.rest(0.0))

    def _become(self, change: Callable[[Vitals], Vitals]) -> None:
        with self._lock:
            self._vitals = change(self._vitals)


def wake_all(loops: Iterable[Loop]) -> None:
    """Let the next round of some loops come now."""
    for loop in loops:
        loop.wake()
