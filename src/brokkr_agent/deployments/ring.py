"""The last things that were told, each with a number, for whoever listens now and whoever comes back."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable
from itertools import islice

from attrs import field, frozen

from brokkr_core.model.json import JsonObject

#: So many are kept.
KEPT = 4096


@frozen(kw_only=True)
class Told:
    """Something that was told.

    Args:
        number: grows by one each time.
        kind: what it is.
        stack_id: whom it is about.
        body: makes what is told; called for each listener, so that telling costs nothing when nobody listens.
    """

    number: int
    kind: str
    stack_id: str
    body: Callable[[], JsonObject] = field(repr=False)


@frozen(kw_only=True)
class Batch:
    """What a listener gets next; ``missed`` says that something between its last and these is not kept any more."""

    told: tuple[Told, ...] = ()
    missed: bool = False


class Ring:
    """Keeps what was told last. Nobody who listens can hold anybody up, or make anything be kept for longer.

    Args:
        most: so many are kept.
    """

    def __init__(self, most: int = KEPT) -> None:
        self._changed = threading.Condition()
        self._kept: deque[Told] = deque(maxlen=most)
        self._last = 0
        self._closed = False
        #: Tells one process from another: numbers begin anew with each.
        self.name = secrets.token_hex(4)

    def tell(self, kind: str, stack_id: str, body: Callable[[], JsonObject]) -> None:
        """Tell something."""
        with self._changed:
            self._last += 1
            self._kept.append(Told(number=self._last, kind=kind, stack_id=stack_id, body=body))
            self._changed.notify_all()

    @property
    def last(self) -> int:
        """The number of what was told last."""
        with self._changed:
            return self._last

    @property
    def closed(self) -> bool:
        """Whether nothing more will be told."""
        return self._closed

    def close(self) -> None:
        """Let everybody who waits go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def after(self, number: int, *, seconds: float, most: int = 100) -> Batch:
        """Return what was told after a number.

        Args:
            number: the last one that is known.
            seconds: how long to wait for something, at most.
            most: so many at once.

        Returns:
            The next ones; none when nothing came in that time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._last > number or self._closed, seconds)
            oldest = self._last - len(self._kept) + 1
            begin = max(0, number + 1 - oldest)
            told = tuple(islice(self._kept, begin, begin + most))
            return Batch(told=told, missed=not oldest - 1 <= number <= self._last)

    def identify(self, number: int) -> str:
        """Write a number as an id that no other process gives."""
        return f"{self.name}-{number}"

    def number_of(self, identity: str) -> int | None:
        """Read an id; None when it is not one of ours."""
        name, _, number = identity.rpartition("-")
        return int(number) if name == self.name and number.isascii() and number.isdigit() and len(number) < 20 else None
