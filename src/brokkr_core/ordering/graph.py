"""Directed graphs of whole numbers: topological orders, depths and heights. Nothing here knows Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

from attrs import frozen


@frozen
class Graph:
    """Vertices ``0 .. size-1`` and the vertices each one points at; an arc may stand there more than once."""

    successors: Sequence[Sequence[int]]

    @property
    def size(self) -> int:
        """How many vertices there are."""
        return len(self.successors)

    def in_degrees(self) -> list[int]:
        """Count the arcs that lead to each vertex."""
        degrees = [0] * self.size
        for targets in self.successors:
            for target in targets:
                degrees[target] += 1
        return degrees

    def reversed(self) -> Graph:
        """Return the graph with every arc turned round."""
        sources: list[list[int]] = [[] for _ in self.successors]
        for vertex, targets in enumerate(self.successors):
            for target in targets:
                sources[target].append(vertex)
        return Graph(sources)


def graph_of(size: int, arcs: Iterable[tuple[int, int]]) -> Graph:
    """Build a graph.

    Args:
        size: how many vertices.
        arcs: pairs of vertices; the first points at the second.

    Returns:
        The graph, its successors in the order of the arcs.
    """
    successors: list[list[int]] = [[] for _ in range(size)]
    for source, target in arcs:
        successors[source].append(target)
    return Graph(successors)


def topological_order(graph: Graph) -> list[int]:
    """Order the vertices so that every arc points forward (Kahn 1962).

    Args:
        graph: any graph.

    Returns:
        All vertices; or fewer when there are circles: those on a circle, and those behind one, are missing.
    """
    waiting = graph.in_degrees()
    order = [vertex for vertex, degree in enumerate(waiting) if degree == 0]
    for vertex in order:  # grows while we walk it
        for target in graph.successors[vertex]:
            waiting[target] -= 1
            if waiting[target] == 0:
                order.append(target)
    return order


def prioritised_order(graph: Graph, preferred: Sequence[int]) -> list[int]:
    """Order the vertices so that every arc points forward and, among those ready, the most preferred goes first.

    Args:
        graph: a graph without circles.
        preferred: every vertex once, the most preferred first.

    Returns:
        The one order that follows both; a vertex without arcs moves no other.
    """
    place = [0] * graph.size
    for position, vertex in enumerate(preferred):
        place[vertex] = position
    waiting = graph.in_degrees()
    ready = [place[vertex] for vertex, degree in enumerate(waiting) if degree == 0]
    heapify(ready)
    order = []
    while ready:
        vertex = preferred[heappop(ready)]
        order.append(vertex)
        for target in graph.successors[vertex]:
            waiting[target] -= 1
            if waiting[target] == 0:
                heappush(ready, place[target])
    return order


def depths(graph: Graph, order: Iterable[int]) -> list[int]:
    """Return for every vertex the length of the longest path that leads to it.

    Args:
        graph: a graph without circles.
        order: a topological order of it.

    Returns:
        The lengths in arcs, by vertex; 0 for a root.
    """
    depth = [0] * graph.size
    for vertex in order:
        below = depth[vertex] + 1
        for target in graph.successors[vertex]:
            depth[target] = max(depth[target], below)
    return depth


def heights(graph: Graph, order: Sequence[int]) -> list[int]:
    """Return for every vertex the length of the longest path that starts at it.

    Args:
        graph: a graph without circles.
        order: a topological order of it.

    Returns:
        The lengths in arcs, by vertex; 0 for a leaf.
    """
    height = [0] * graph.size
    for vertex in reversed(order):
        targets = graph.successors[vertex]
        if targets:
            height[vertex] = 1 + max(height[target] for target in targets)
    return height
