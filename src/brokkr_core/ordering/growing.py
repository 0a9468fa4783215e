"""An order that grows: arcs are added one by one, and one that would close a circle is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from brokkr_core.ordering.graph import Graph, topological_order


class GrowingOrder:
    """A topological order that is kept up while arcs are added (Pearce and Kelly 2007).

    Only the vertices that stand between the two ends of a new arc are looked at, so that adding thousands of
    arcs to a large graph stays cheap.

    Args:
        graph: the arcs to start from, without a circle.
    """

    def __init__(self, graph: Graph) -> None:
        self._successors = [list(targets) for targets in graph.successors]
        self._predecessors = [list(sources) for sources in graph.reversed().successors]
        self._place = [0] * graph.size
        for place, vertex in enumerate(topological_order(graph)):
            self._place[vertex] = place

    def add(self, before: int, after: int) -> bool:
        """Add an arc unless it would close a circle.

        Args:
            before: the vertex the arc leaves.
            after: the vertex it points at.

        Returns:
            Whether the arc was added.
        """
        first, last = self._place[after], self._place[before]
        if first <= last:
            ahead = _Walk(after, self._successors, lambda vertex: self._place[vertex] <= last)
            behind = _Walk(before, self._predecessors, lambda vertex: self._place[vertex] >= first)
            if before == after or _meet(ahead, behind):
                return False
            self._rearrange(behind.everything(), ahead.everything())
        self._successors[before].append(after)
        self._predecessors[after].append(before)
        return True

    def _rearrange(self, behind: set[int], ahead: set[int]) -> None:
        """Give the places of both sets to what leads to the arc first, then to what follows it."""
        moved = sorted(behind, key=self._place.__getitem__) + sorted(ahead, key=self._place.__getitem__)
        places = sorted(self._place[vertex] for vertex in moved)
        for vertex, place in zip(moved, places, strict=True):
            self._place[vertex] = place


def _meet(ahead: _Walk, behind: _Walk) -> bool:
    """Tell whether two walks come together; the one with less work behind and before it makes each step."""
    while ahead.stack and behind.stack:
        walk, other = (ahead, behind) if ahead.work() <= behind.work() else (behind, ahead)
        if not other.reached.isdisjoint(walk.step()):
            return True
    return False


class _Walk:
    """A walk from one vertex to all that can be reached inside a range of places."""

    def __init__(self, start: int, neighbours: Sequence[Sequence[int]], inside: Callable[[int], bool]) -> None:
        self.reached = {start}
        self.stack = [start]
        self._neighbours = neighbours
        self._inside = inside
        self._looked_at = 0

    def work(self) -> int:
        """Count the arcs looked at, those of the next step included."""
        return self._looked_at + len(self._neighbours[self.stack[-1]])

    def step(self) -> list[int]:
        """Look at the neighbours of one vertex; return those that are new."""
        near = self._neighbours[self.stack.pop()]
        self._looked_at += len(near)
        new = [vertex for vertex in near if vertex not in self.reached and self._inside(vertex)]
        self.reached.update(new)
        self.stack += new
        return new

    def everything(self) -> set[int]:
        """Walk to the end; return all that was reached."""
        while self.stack:
            self.step()
        return self.reached
