"""The one place that knows every loop of the process: it starts them, watches them, and waits for their end."""

from __future__ import annotations

import threading
from collections.abc import Callable

from brokkr_agent.stop import Stop
from brokkr_agent.vitals import Vitals
from brokkr_agent.workers import STUCK_SECONDS, Loop


class Supervisor:
    """Starts loops by name and tells how they do. Each goes on by itself whatever becomes of the others.

    Args:
        stop: ends them all.
        limit: a round without a sign of life for so many seconds is stuck.
    """

    def __init__(self, stop: Stop, *, limit: Callable[[], float] = lambda: STUCK_SECONDS) -> None:
        self._stop = stop
        self._limit = limit
        self._lock = threading.Lock()
        self._loops: list[Loop] = []

    def begin(
        self,
        name: str,
        pause: Callable[[], float],
        work: Callable[[], None],
        *,
        stop: Stop | None = None,
        limit: Callable[[], float] | None = None,
    ) -> Loop:
        """Start a loop.

        Args:
            name: a name that no other loop has.
            pause: as for :class:`Loop`, and so is ``work``.
            work: one round.
            stop: ends it instead of the common stop; then :meth:`join` does not wait for it.
            limit: after how many seconds without a sign of life it is stuck, when not after the common time.

        Returns:
            The loop, started.

        Raises:
            ValueError: another loop has this name; whoever counts or shows them could not tell the two apart.
        """
        loop = Loop(name, pause, work, stop or self._stop, limit=limit or self._limit)
        with self._lock:
            if any(one.name == name for one in self._loops):
                raise ValueError(f"a loop {name!r} has begun before; each needs a name of its own")
            self._loops.append(loop)
        loop.start()
        return loop

    def beat(self) -> None:
        """Take a sign of life from the loop whose thread calls this; of other threads it says nothing."""
        me = threading.get_ident()
        for loop in self._all():
            if loop.ident == me:
                loop.beat()

    def repace(self) -> None:
        """Let every loop ask anew how long to wait."""
        for loop in self._all():
            loop.repace()

    def vitals(self) -> tuple[Vitals, ...]:
        """Return how every loop does, in the order of their start."""
        return tuple(loop.vitals for loop in self._all())

    def join(self, deadline: float) -> bool:
        """Wait for the loops under the common stop to end, until a time of the monotonic clock.

        Returns:
            Whether all of them have.
        """
        ended = [loop.join(deadline) for loop in self._all() if loop.under(self._stop)]
        return all(ended)

    def _all(self) -> tuple[Loop, ...]:
        with self._lock:
            return tuple(self._loops)
