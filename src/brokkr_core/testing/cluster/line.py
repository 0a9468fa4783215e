"""The line between clients and a cluster, on which a fault plan is carried out."""

from __future__ import annotations

from collections.abc import Callable

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.cluster.fate import ConnectionLost, Fate, Fates, refusal_of
from brokkr_core.testing.cluster.faults import Die, FaultPlan, Refuse, Reset, Truncate
from brokkr_core.testing.cluster.stream import OpenStream, lines_of


class Line:
    """What a fault plan does to requests. Not safe for several threads at once.

    Args:
        plan: what goes wrong.
        on_death: called when the server dies.
    """

    def __init__(self, plan: FaultPlan, on_death: Callable[[], None]) -> None:
        self.alive = True
        self._fates = Fates(plan)
        self._on_death = on_death
        self._doomed: dict[OpenStream, int] = {}

    def follow(self, plan: FaultPlan) -> None:
        """Follow another plan; every rule counts from one again."""
        self._fates = Fates(plan)

    def fate_of(self, request: Request) -> Fate:
        """Return what is in store for the next request.

        Raises:
            ConnectionLost: the server is dead.
        """
        self.check_alive()
        return self._fates.of(request)

    def check_alive(self) -> None:
        """Raise when the server is dead.

        Raises:
            ConnectionLost: it is.
        """
        if not self.alive:
            raise ConnectionLost("connection refused", sent=False)

    def before(self, fate: Fate) -> Response | None:
        """Return the refusal that stands in for an answer, if there is one.

        Raises:
            ConnectionLost: the request does not get through.
        """
        self.check_alive()
        if fate.ending is None:
            return None
        if fate.lost_before:
            self._lose(fate)
        return refusal_of(fate.ending) if isinstance(fate.ending, Refuse) else None

    def after(self, fate: Fate, response: Response) -> Response:
        """Let an answer through.

        Raises:
            ConnectionLost: it does not get through, or not whole.
        """
        if fate.ending is None:
            return response
        if fate.lost_after:
            self._lose(fate)
        if isinstance(fate.ending, Truncate):
            raise ConnectionLost("the answer breaks off in the middle", sent=True, partial=response)
        return response

    def opened(self, fate: Fate, watch: OpenStream) -> None:
        """Note whether a new watch will be dropped.

        Raises:
            ConnectionLost: it is lost at once.
        """
        if isinstance(fate.ending, (Reset, Die)):
            watch.close()
            self._lose(fate)
        if fate.drop_after_events is not None:
            self._doomed[watch] = fate.drop_after_events

    def delivered(self, watch: OpenStream, lines: bytes) -> bytes:
        """Return the lines of a watch that get through.

        Raises:
            ConnectionLost: the watch has had its share, or the server is dead.
        """
        self.check_alive()
        left = self._doomed.get(watch)
        if left is None:
            return lines
        if left <= 0:
            raise ConnectionLost("the watch was dropped", sent=True)
        through = lines_of(lines)[:left]
        self._doomed[watch] = left - len(through)
        return b"".join(through)

    def closed(self, watch: OpenStream) -> None:
        """Forget a watch."""
        self._doomed.pop(watch, None)

    def _lose(self, fate: Fate) -> None:
        assert isinstance(fate.ending, (Reset, Die))
        if isinstance(fate.ending, Die):
            self.alive = False
            self._on_death()
        raise ConnectionLost(f"connection reset {fate.ending.moment.value}", sent=True)
