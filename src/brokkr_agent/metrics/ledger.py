"""When each stack was last as the broker wants it: as many stacks as there is room for, and none that has gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from attrs import frozen


@frozen(kw_only=True)
class StackEnd:
    """How the attempts at one stack ended."""

    failures: int = 0  #: in a row
    last_success: datetime | None = None


class Ledger:
    """Remembers how stacks do, for as long as the broker names them.

    Args:
        most: so many stacks have series of their own; the others are counted together.
        clock: the time of day, with its zone.
    """

    def __init__(self, most: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._stacks: dict[str, StackEnd] = {}

    def show_at_most(self, most: int) -> None:
        """Let so many stacks have series of their own."""
        with self._lock:
            self._most = most

    def ended(self, stack_id: str, *, ok: bool) -> None:
        """Take in the end of an attempt."""
        with self._lock:
            last = self._stacks.get(stack_id, StackEnd())
            self._stacks[stack_id] = (
                StackEnd(last_success=self._clock())
                if ok
                else StackEnd(failures=last.failures + 1, last_success=last.last_success)
            )

    def keep(self, named: AbstractSet[str]) -> None:
        """Forget every stack that the broker does not name any more."""
        with self._lock:
            self._stacks = {stack_id: end for stack_id, end in self._stacks.items() if stack_id in named}

    def shown(self) -> tuple[Mapping[str, StackEnd], int]:
        """Return the stacks with series of their own, the ones known longest first, and how many have none."""
        with self._lock:
            stacks = dict(list(self._stacks.items())[: self._most])
            return stacks, len(self._stacks) - len(stacks)

    @property
    def failing(self) -> int:
        """How many stacks failed the last time."""
        with self._lock:
            return sum(1 for end in self._stacks.values() if end.failures)
