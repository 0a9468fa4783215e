"""Which objects may be worked on now: the plan's edges, counted down. Pure."""

from __future__ import annotations

from collections import defaultdict
from heapq import heappop, heappush

from attrs import frozen

from brokkr_core.model.plan import Edge, Plan
from brokkr_core.model.ref import ObjectRef


@frozen(kw_only=True)
class Blocked:
    """An object that will not be tried, and the edges that lead from it back to the failure, nearest first."""

    ref: ObjectRef
    chain: tuple[Edge, ...]


class Frontier:
    """Hand out objects as soon as everything they wait for is done.

    A failure blocks what depends on it by a hard edge, and nothing else; a soft edge only makes its object wait.

    Args:
        plan: objects and edges; the edges must not go round in a circle.
    """

    def __init__(self, plan: Plan) -> None:
        self._position = {manifest.ref: place for place, manifest in enumerate(plan.manifests)}
        self._followers: dict[ObjectRef, list[Edge]] = defaultdict(list)
        self._missing = dict.fromkeys(self._position, 0)
        for edge in plan.edges:
            self._followers[edge.before].append(edge)
            self._missing[edge.after] += 1
        self._places = list(self._position)
        self._ready = [place for ref, place in self._position.items() if self._missing[ref] == 0]  #: a heap
        self._settled: set[ObjectRef] = set()
        self._taken: set[ObjectRef] = set()

    @property
    def untouched(self) -> list[ObjectRef]:
        """Objects that were neither handed out nor settled, in plan order."""
        return [ref for ref in self._position if ref not in self._taken and ref not in self._settled]

    def take(self, most: int | None = None) -> list[ObjectRef]:
        """Return objects that may start now and were not handed out before, in plan order; ``most`` limits them."""
        turn: list[ObjectRef] = []
        while self._ready and (most is None or len(turn) < most):
            ref = self._places[heappop(self._ready)]
            if ref not in self._settled:
                turn.append(ref)
        self._taken.update(turn)
        return turn

    def succeed(self, ref: ObjectRef) -> None:
        """Settle an object as done; what waited for it may become ready."""
        self._settle(ref)

    def fail(self, ref: ObjectRef) -> list[Blocked]:
        """Settle an object as failed.

        Returns:
            Everything that now cannot be tried, each with its chain, in plan order.
        """
        blocked: dict[ObjectRef, Blocked] = {}
        trail: dict[ObjectRef, tuple[Edge, ...]] = {ref: ()}
        queue = [ref]
        for current in queue:
            for edge in self._followers[current]:
                if edge.hard and edge.after not in trail and edge.after not in self._settled:
                    trail[edge.after] = (edge, *trail[current])
                    blocked[edge.after] = Blocked(ref=edge.after, chain=trail[edge.after])
                    queue.append(edge.after)
        self._settled.update(blocked)
        for settled in queue:
            self._settle(settled)
        return sorted(blocked.values(), key=lambda one: self._position[one.ref])

    def _settle(self, ref: ObjectRef) -> None:
        self._settled.add(ref)
        for edge in self._followers.pop(ref, ()):
            self._missing[edge.after] -= 1
            if self._missing[edge.after] == 0 and edge.after not in self._settled:
                heappush(self._ready, self._position[edge.after])
