"""The threads that work on stacks: several stacks side by side, one stack never twice at once."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import structlog
from attrs import field, frozen

from brokkr_agent.settings.pace import MOST_STACKS

_log = structlog.get_logger("workers")


@frozen(kw_only=True)
class Crowd:
    """What the crew was at, at one moment. Times are seconds of a clock that never goes back."""

    working: Mapping[str, float]  #: since when, by stack
    limits: Mapping[str, float] = field(factory=dict)  #: how many seconds the work could take as it began, by stack
    queued: int = 0

    def overdue(self, now: float, limit_seconds: float) -> tuple[str, ...]:
        """Return the stacks that have been worked on for longer than can be.

        Args:
            now: the time.
            limit_seconds: for how long it can be at this moment; what was begun when it could take longer still may.
        """
        return tuple(
            sorted(
                one
                for one, since in self.working.items()
                if now - since > max(limit_seconds, self.limits.get(one, 0.0))
            )
        )

    def oldest_seconds(self, now: float) -> float:
        """Return for how long the oldest work has been under way; 0 when there is none."""
        return max((now - since for since in self.working.values()), default=0.0)


@frozen(kw_only=True)
class _Job:
    stack_id: str
    work: Callable[[], None]
    size_bytes: int


class Crew:
    """Works on stacks, in the order they came; what is large waits for room, and is not passed by.

    Args:
        size: how many at once.
        most_bytes: how large all that is worked on at once may be; what is larger is worked on alone.
        limit: asked at the begin of each work for how many seconds it can take.
    """

    def __init__(self, size: int, *, most_bytes: int, limit: Callable[[], float] = lambda: 0.0) -> None:
        self._size = size
        self._most_bytes = most_bytes
        self._limit = limit
        self._pool = ThreadPoolExecutor(MOST_STACKS, thread_name_prefix="stack")  # threads come as they are needed
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._under_way: dict[str, _Job] = {}
        self._since: dict[str, float] = {}
        self._limits: dict[str, float] = {}
        self._ended = False

    def submit(self, stack_id: str, work: Callable[[], None], *, size_bytes: int = 0) -> None:
        """Start work on a stack unless some is under way; what it raises is logged and harms nobody else.

        Args:
            stack_id: which stack.
            work: what to do; not begun any more after ``drain``.
            size_bytes: how large what it works on is.
        """
        with self._lock:
            if self._ended or stack_id in self._under_way or any(job.stack_id == stack_id for job in self._waiting):
                return
            self._waiting.append(_Job(stack_id=stack_id, work=work, size_bytes=size_bytes))
        self._begin_what_fits()

    def resize(self, size: int, *, most_bytes: int) -> None:
        """Work on more or on less at once; what is under way goes on."""
        with self._lock:
            self._size, self._most_bytes = size, most_bytes
        self._begin_what_fits()

    @property
    def busy(self) -> int:
        """How many stacks are worked on or about to be."""
        with self._lock:
            return len(self._under_way) + len(self._waiting)

    def crowd(self) -> Crowd:
        """Return what the crew is at."""
        with self._lock:
            queued = len(self._waiting) + len(self._under_way) - len(self._since)
            return Crowd(working=dict(self._since), limits=dict(self._limits), queued=queued)

    def drain(self, deadline: float) -> bool:
        """Begin nothing more, and wait for what is under way until a time of the monotonic clock.

        Returns:
            Whether all of it has ended.
        """
        with self._lock:
            self._ended = True
            self._waiting.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
        while self.busy and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.busy

    def _begin_what_fits(self) -> None:
        for job in self._take_what_fits():
            try:
                future = self._pool.submit(self._begin, job)
            except RuntimeError:  # drained meanwhile, or the process may begin no more threads
                self._forget(job)
            else:
                future.add_done_callback(partial(self._free, job))

    def _take_what_fits(self) -> list[_Job]:
        taken = []
        with self._lock:
            while self._waiting and not self._ended and len(self._under_way) < self._size:
                job = self._waiting[0]
                size = job.size_bytes + sum(one.size_bytes for one in self._under_way.values())
                if self._under_way and size > self._most_bytes:
                    break
                self._under_way[job.stack_id] = self._waiting.popleft()
                taken.append(job)
        return taken

    def _begin(self, job: _Job) -> None:
        limit = self._limit()
        with self._lock:
            if self._under_way.get(job.stack_id) is not job:
                return  # the pool had refused it, and yet kept it in its queue: no thread could be begun just then
            self._since[job.stack_id] = time.monotonic()
            self._limits[job.stack_id] = limit
        job.work()

    def _free(self, job: _Job, done: Future[None]) -> None:
        self._forget(job)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            _log.error("work on a stack crashed", stack_id=job.stack_id, exc_info=error)
        self._begin_what_fits()

    def _forget(self, job: _Job) -> None:
        with self._lock:
            self._under_way.pop(job.stack_id, None)
            self._since.pop(job.stack_id, None)
            self._limits.pop(job.stack_id, None)
