"""Circles of a graph: where they are, and the shortest of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from brokkr_core.ordering.graph import Graph


def components(graph: Graph) -> list[list[int]]:
    """Find the strongly connected components that hold a circle (Kosaraju and Sharir 1981).

    Args:
        graph: any graph.

    Returns:
        Each component with its vertices ascending, the component of the smallest vertex first. A component
        of one vertex is listed only when the vertex points at itself.
    """
    backwards = graph.reversed()
    seen = [False] * graph.size
    found = [sorted(_reached(backwards, root, seen)) for root in reversed(_finished(graph)) if not seen[root]]
    return sorted(part for part in found if len(part) > 1 or part[0] in graph.successors[part[0]])


def _finished(graph: Graph) -> list[int]:
    """Return the vertices in the order in which a depth-first walk leaves them."""
    seen = [False] * graph.size
    finished = []
    for root in range(graph.size):
        if seen[root]:
            continue
        seen[root] = True
        walk = [(root, iter(graph.successors[root]))]
        while walk:
            vertex, targets = walk[-1]
            unseen = next((target for target in targets if not seen[target]), None)
            if unseen is None:
                finished.append(vertex)
                walk.pop()
            else:
                seen[unseen] = True
                walk.append((unseen, iter(graph.successors[unseen])))
    return finished


def _reached(graph: Graph, start: int, seen: list[bool]) -> list[int]:
    """Return what can be reached from a vertex without stepping on what was seen before; mark it as seen."""
    seen[start] = True
    reached = [start]
    for vertex in reached:  # grows while we walk it
        for target in graph.successors[vertex]:
            if not seen[target]:
                seen[target] = True
                reached.append(target)
    return reached


def shortest_circle(graph: Graph, members: Iterable[int]) -> list[int]:
    """Find a shortest circle among some vertices.

    From one vertex after the other the shortest way back to it is looked for; then the vertex is taken out,
    and with it everything that no longer lies between circles. What is left shrinks fast, so that even a
    large component is searched in little time.

    Args:
        graph: any graph.
        members: the vertices that count, for example a component.

    Returns:
        The vertices of the circle, each pointing at the next and the last at the first, the smallest first;
        nothing when there is no circle. Of several shortest ones it is always the same.
    """
    left = _Remainder(graph, members)
    best: list[int] = []
    for vertex in sorted(left.alive):
        if vertex in left.alive:
            circle = _way_back(left.successors, vertex, limit=len(best))
            best = circle or best
            left.take_out(vertex)
    return best


def _way_back(successors: Mapping[int, Iterable[int]], start: int, *, limit: int) -> list[int]:
    """Return the shortest circle through a vertex if it is shorter than the limit; 0 is no limit."""
    came_from = {start: start}
    length = {start: 1}
    queue = deque([start])
    while queue:
        vertex = queue.popleft()
        if limit and length[vertex] >= limit:
            return []
        for target in successors[vertex]:
            if target == start:
                return _trace(came_from, vertex)
            if target not in came_from:
                came_from[target] = vertex
                length[target] = length[vertex] + 1
                queue.append(target)
    return []


def _trace(came_from: dict[int, int], last: int) -> list[int]:
    way = [last]
    while came_from[way[-1]] != way[-1]:
        way.append(came_from[way[-1]])
    return way[::-1]


class _Remainder:
    """Vertices that still lie on circles or between them; taking one out takes out what it alone held in."""

    def __init__(self, graph: Graph, members: Iterable[int]) -> None:
        self.alive = set(members)
        # Dictionaries without values: sets that keep their order, so that the answer is always the same.
        self.successors = {
            vertex: dict.fromkeys(sorted(self.alive.intersection(graph.successors[vertex]))) for vertex in self.alive
        }
        self._predecessors: dict[int, dict[int, None]] = {vertex: {} for vertex in self.alive}
        for vertex, targets in self.successors.items():
            for target in targets:
                self._predecessors[target][vertex] = None

    def take_out(self, vertex: int) -> None:
        """Take a vertex out, then every neighbour that lost its last way in or out, and so on."""
        leaving = [vertex]
        while leaving:
            gone = leaving.pop()
            if gone not in self.alive:
                continue
            self.alive.remove(gone)
            leaving += self._unlink(self.successors, self._predecessors, gone)
            leaving += self._unlink(self._predecessors, self.successors, gone)

    @staticmethod
    def _unlink(ways: dict[int, dict[int, None]], back: dict[int, dict[int, None]], gone: int) -> list[int]:
        """Remove the arcs of a vertex in one direction; return the neighbours left without any such arc."""
        loose = []
        for neighbour in ways[gone]:
            del back[neighbour][gone]
            if not back[neighbour]:
                loose.append(neighbour)
        return loose
