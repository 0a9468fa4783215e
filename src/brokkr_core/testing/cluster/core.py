"""What every verb works on: the objects, the served resources, the time, and what is still to be done."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol, TypeAlias

from brokkr_core.testing.cluster.clock import rfc3339
from brokkr_core.testing.cluster.hooks import Hooks
from brokkr_core.testing.cluster.logs.book import LogBook
from brokkr_core.testing.cluster.registry import Registry
from brokkr_core.testing.cluster.settings import Settings
from brokkr_core.testing.cluster.store import Event, Store

#: Does something on its own when an object changes: a controller.
Reactor: TypeAlias = "Callable[[Core, Event], None]"

#: A controller that answers its own writes for ever is a fault of the emulator, not a load to carry.
_MOST_REACTIONS = 1_000_000


class Identities(Protocol):
    """Gives out what must be unique."""

    def uid(self) -> str:
        """Return a new uid."""

    def suffix(self) -> str:
        """Return a new ending for ``generateName``."""


class Core:
    """The state of one cluster and its unfinished business.

    Args:
        settings: how the cluster behaves.
        clock: what time it is; must have a time zone.
        identities: where uids come from.
        registry: the served resources.
    """

    def __init__(
        self, *, settings: Settings, clock: Callable[[], datetime], identities: Identities, registry: Registry
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.identities = identities
        self.registry = registry
        self.store = Store(settings.event_log_size)
        self.reactors: list[Reactor] = []
        self.hooks = Hooks()
        self.logs = LogBook()
        self._changes: deque[Event] = deque()
        self._timers: list[tuple[datetime, int, Callable[[], None]]] = []
        self._ticket = count()
        self.store.listeners.append(self._changes.append)

    @property
    def now(self) -> str:
        """The time as objects carry it."""
        return rfc3339(self.clock())

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later.

        Args:
            seconds: how much later by the cluster's clock.
            action: what to do; must bear that the world has changed since.
        """
        due = self.clock() + timedelta(seconds=seconds)
        heapq.heappush(self._timers, (due, next(self._ticket), action))

    def settle(self) -> None:
        """Run what is due and let the controllers answer every change until nothing moves."""
        for _ in range(_MOST_REACTIONS):
            if self._changes:
                self._react(self._changes.popleft())
            elif self._timers and self._timers[0][0] <= self.clock():
                heapq.heappop(self._timers)[2]()
            else:
                return
        raise RuntimeError("the controllers of the emulated cluster never come to rest")

    def next_due(self) -> datetime | None:
        """Return when the next timer is due."""
        return self._timers[0][0] if self._timers else None

    def _react(self, event: Event) -> None:
        for reactor in self.reactors:
            reactor(self, event)
