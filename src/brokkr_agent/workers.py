"""Loops that run side by side under one stop signal; a crash in one is told, and the loop goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

import structlog

from brokkr_agent.stop import Stop
from brokkr_core.errors import BrokkrError, StoppedError

_log = structlog.get_logger("workers")


class Loop:
    """Call something again and again until a stop.

    Args:
        name: name of the thread and in the log.
        pause: asked after each call for how many seconds to wait before the next.
        work: one round; what it raises is logged, and the next round comes all the same.
        stop: ends the loop.
    """

    def __init__(self, name: str, pause: Callable[[], float], work: Callable[[], None], stop: Stop) -> None:
        self._pause = pause
        self._work = work
        self._stop = stop
        self._early = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; the first round comes at once."""
        self._stop.on_stop(self._early.set)
        self._thread.start()

    def wake(self) -> None:
        """Let the next round come now, or at once after the one under way."""
        self._early.set()

    def join(self, deadline: float) -> bool:
        """Wait for the loop to end until a time of the monotonic clock; tell whether it has."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    @property
    def name(self) -> str:
        """Name of the loop."""
        return self._thread.name

    def _run(self) -> None:
        while not self._stop():
            try:
                self._work()
            except StoppedError:
                return
            except BrokkrError as error:
                _log.warning("round failed", loop=self.name, error=str(error))
            except Exception:
                # A bug in one round must not end the loop: an agent that silently does nothing is worse.
                _log.exception("round crashed", loop=self.name)
            self._early.wait(self._pause())
            self._early.clear()


def wake_all(loops: Iterable[Loop]) -> None:
    """Let the next round of some loops come now."""
    for loop in loops:
        loop.wake()
