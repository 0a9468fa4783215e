"""The threads that work on stacks: several stacks side by side, one stack never twice at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from attrs import frozen

_log = structlog.get_logger("workers")


@frozen(kw_only=True)
class Crowd:
    """What the crew was at, at one moment. Times are seconds of a clock that never goes back."""

    working: Mapping[str, float]  #: since when, by stack
    queued: int = 0

    def overdue(self, now: float, limit_seconds: float) -> tuple[str, ...]:
        """Return the stacks that have been worked on for longer than can be."""
        return tuple(sorted(one for one, since in self.working.items() if now - since > limit_seconds))

    def oldest_seconds(self, now: float) -> float:
        """Return for how long the oldest work has been under way; 0 when there is none."""
        return max((now - since for since in self.working.values()), default=0.0)


class Crew:
    """Works on stacks.

    Args:
        size: how many at once.
    """

    def __init__(self, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="stack")
        self._lock = threading.Lock()
        self._begun: dict[str, float | None] = {}

    def submit(self, stack_id: str, work: Callable[[], None]) -> None:
        """Start work on a stack unless some is under way; what it raises is logged and harms nobody else."""
        with self._lock:
            if stack_id in self._begun:
                return
            future = self._pool.submit(self._begin, stack_id, work)
            self._begun[stack_id] = None
        future.add_done_callback(lambda done: self._free(stack_id, done))

    @property
    def busy(self) -> int:
        """How many stacks are worked on or about to be."""
        with self._lock:
            return len(self._begun)

    def crowd(self) -> Crowd:
        """Return what the crew is at."""
        with self._lock:
            working = {stack_id: since for stack_id, since in self._begun.items() if since is not None}
            return Crowd(working=working, queued=len(self._begun) - len(working))

    def drain(self, deadline: float) -> bool:
        """Begin nothing more, and wait for what is under way until a time of the monotonic clock.

        Returns:
            Whether all of it has ended.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        while self.busy and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.busy

    def _begin(self, stack_id: str, work: Callable[[], None]) -> None:
        with self._lock:
            self._begun[stack_id] = time.monotonic()
        work()

    def _free(self, stack_id: str, done: Future[None]) -> None:
        with self._lock:
            self._begun.pop(stack_id, None)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            _log.error("work on a stack crashed", stack=stack_id, exc_info=error)
