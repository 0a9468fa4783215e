"""What the two lines told about the broker and the cluster: written by whoever works, read by whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from brokkr_agent.health.component import Component
from brokkr_agent.lines import TARGET_STATE, Heard, Side

#: The requests that tell whether the other side works: they ask for nothing of anybody's, and come at a steady pace.
TELLING: Mapping[Side, frozenset[str]] = MappingProxyType(
    {
        Side.KUBERNETES: frozenset({"version"}),
        Side.BROKER: frozenset({"probe", "heartbeat", TARGET_STATE}),
    }
)


class Board:
    """Keeps what is known; asking it costs nobody a request.

    Args:
        clock: the time of day, with its zone.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._components = {side: Component() for side in Side}
        self._last_heartbeat: datetime | None = None

    def hear(self, heard: Heard) -> None:
        """Take in how one try of a request ended."""
        if heard.kind not in TELLING[heard.side]:
            return
        now = self._clock()
        with self._lock:
            known = self._components[heard.side]
            if heard.good:
                self._components[heard.side] = known.works(now, heard.seconds)
                if heard.kind == "heartbeat":
                    self._last_heartbeat = now
            else:
                self._components[heard.side] = known.fails(now, heard.error or f"{heard.kind}: HTTP {heard.status}")

    def component(self, side: Side) -> Component:
        """Return what is known about one side."""
        with self._lock:
            return self._components[side]

    @property
    def last_heartbeat(self) -> datetime | None:
        """When the broker last took a heartbeat."""
        with self._lock:
            return self._last_heartbeat
