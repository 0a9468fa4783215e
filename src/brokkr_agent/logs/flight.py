"""The flight recorder: what an attempt would have said at a lower level, kept until it is known how the attempt ends.

It costs a line in memory and no writing: only of an attempt that failed are the lines made and printed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from brokkr_agent.trace import current_trace, new_trace, traced


class Kept(NamedTuple):
    """One line that was not printed; a tuple, because many are made and few are looked at."""

    at: float  #: seconds since 1970
    component: str
    level: str
    line: Mapping[str, object]  #: its fields as they were given, not redacted yet


class Flight:
    """The lines of one attempt. Safe for all threads of the attempt.

    Args:
        entries: how many of the last lines are kept; 0 keeps none.
        marks: what every line of the attempt carries.
    """

    def __init__(self, entries: int, marks: Mapping[str, str | int]) -> None:
        self.marks = {"trace_id": current_trace(), **marks}
        self.records = entries > 0
        self._kept: deque[Kept] = deque(maxlen=entries)
        self._came = 0
        self._failed = False

    @property
    def failed(self) -> bool:
        """Whether the attempt failed, as far as anybody has said."""
        return self._failed

    def fail(self) -> None:
        """Say that the attempt failed: its lines will be wanted."""
        self._failed = True

    def keep(self, kept: Kept) -> None:
        """Keep a line; the oldest goes when there is no more room."""
        if self.records:
            self._kept.append(kept)
            self._came += 1

    def end(self) -> tuple[tuple[Kept, ...], int]:
        """Keep nothing more; return what was kept, and how many lines there was no room for."""
        self.records = False
        kept, came = tuple(self._kept), self._came
        self._kept.clear()
        return kept, max(0, came - len(kept))


_flight: ContextVar[Flight | None] = ContextVar("brokkr_flight", default=None)


def current_flight() -> Flight | None:
    """Return the recorder of the attempt that this thread works for."""
    return _flight.get()


def current_marks() -> Mapping[str, str | int]:
    """Return what every line of this thread's attempt carries; empty outside of attempts."""
    flight = _flight.get()
    if flight is not None:
        return flight.marks
    trace = current_trace()
    return {"trace_id": trace} if trace else {}


@contextmanager
def recorded(entries: int, marks: Mapping[str, str | int]) -> Iterator[Flight]:
    """Record everything within a ``with`` block as one attempt, under a trace id of its own.

    Args:
        entries: how many lines are kept.
        marks: stack_id and so on; what is empty or 0 is left out.

    Yields:
        The recorder.
    """
    with traced(new_trace()):
        flight = Flight(entries, {name: value for name, value in marks.items() if value})
        token = _flight.set(flight)
        try:
            yield flight
        finally:
            _flight.reset(token)
