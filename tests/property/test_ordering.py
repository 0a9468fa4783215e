"""The graph algorithms keep their promises for any graph; each is compared with something slow and plain."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from brokkr_core.errors import CycleError
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.circles import components, shortest_circle
from brokkr_core.ordering.graph import depths, graph_of, heights, prioritised_order, topological_order
from brokkr_core.ordering.growing import GrowingOrder
from brokkr_core.ordering.settle import settle
from strategies import Arcs, acyclic_arcs, arcs

patiently = settings(deadline=None, max_examples=200)


def reachable(size: int, pairs: Iterable[tuple[int, int]]) -> list[list[int | None]]:
    """Return the length of the shortest way of at least one arc between any two vertices (Floyd and Warshall)."""
    far: list[list[int | None]] = [[None] * size for _ in range(size)]
    for source, target in pairs:
        far[source][target] = 1
    for middle in range(size):
        for source in range(size):
            for target in range(size):
                there, on, known = far[source][middle], far[middle][target], far[source][target]
                if there is not None and on is not None and (known is None or there + on < known):
                    far[source][target] = there + on
    return far


def on_a_circle(size: int, pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the vertices on circles, each with the length of the shortest circle through it."""
    far = reachable(size, pairs)
    return {vertex: length for vertex in range(size) if (length := far[vertex][vertex]) is not None}


def longest(vertex: int, pairs: set[tuple[int, int]], *, backwards: bool) -> int:
    """Return the length of the longest path to or from a vertex."""
    ends = [arc[0] if backwards else arc[1] for arc in pairs if arc[1 if backwards else 0] == vertex]
    return max((1 + longest(end, pairs, backwards=backwards) for end in ends), default=0)


@patiently
@given(arcs())
def test_a_topological_order_has_every_vertex_that_no_circle_leads_to(drawn: Arcs) -> None:
    size, pairs = drawn
    order = topological_order(graph_of(size, pairs))
    far, circles = reachable(size, pairs), on_a_circle(size, pairs)
    held_up = {vertex for vertex in range(size) for start in circles if vertex in circles or far[start][vertex]}
    assert sorted(order) == sorted(set(range(size)) - held_up)
    place = {vertex: position for position, vertex in enumerate(order)}
    assert all(place[source] < place[target] for source, target in pairs if target in place)


@patiently
@given(acyclic_arcs(), st.data())
def test_of_all_ready_vertices_the_preferred_one_goes_next(drawn: Arcs, data: st.DataObject) -> None:
    size, pairs = drawn
    preferred = data.draw(st.permutations(range(size)))
    order = prioritised_order(graph_of(size, pairs), preferred)
    assert sorted(order) == list(range(size))
    for position, vertex in enumerate(order):
        gone = set(order[:position])
        ready = {
            other
            for other in range(size)
            if other not in gone and all(source in gone for source, target in pairs if target == other)
        }
        assert vertex == min(ready, key=preferred.index)


@patiently
@given(acyclic_arcs(), st.data())
def test_a_vertex_without_arcs_moves_no_other(drawn: Arcs, data: st.DataObject) -> None:
    size, pairs = drawn
    preferred = data.draw(st.permutations(range(size + 1)))
    without = [vertex for vertex in preferred if vertex != size]
    order = prioritised_order(graph_of(size + 1, pairs), preferred)
    assert [vertex for vertex in order if vertex != size] == prioritised_order(graph_of(size, pairs), without)


@patiently
@given(acyclic_arcs())
def test_depth_and_height_are_the_longest_paths_on_either_side(drawn: Arcs) -> None:
    size, pairs = drawn
    graph, distinct = graph_of(size, pairs), set(pairs)
    order = topological_order(graph)
    assert depths(graph, order) == [longest(vertex, distinct, backwards=True) for vertex in range(size)]
    assert heights(graph, order) == [longest(vertex, distinct, backwards=False) for vertex in range(size)]


@patiently
@given(arcs())
def test_components_are_the_vertices_that_reach_each_other(drawn: Arcs) -> None:
    size, pairs = drawn
    far = reachable(size, pairs)
    expected = {
        tuple(other for other in range(size) if far[vertex][other] and far[other][vertex])
        for vertex in on_a_circle(size, pairs)
    }
    assert [tuple(part) for part in components(graph_of(size, pairs))] == sorted(expected)


@patiently
@given(arcs(max_size=10))
def test_the_shortest_circle_is_a_circle_and_no_circle_is_shorter(drawn: Arcs) -> None:
    size, pairs = drawn
    circle = shortest_circle(graph_of(size, pairs), range(size))
    assert len(circle) == min(on_a_circle(size, pairs).values(), default=0)
    assert len(set(circle)) == len(circle)
    assert all(arc in pairs for arc in zip(circle, circle[1:] + circle[:1], strict=True))
    assert circle[:1] == ([min(circle)] if circle else [])


@patiently
@given(arcs(), st.data())
def test_the_shortest_circle_does_not_depend_on_the_order_of_the_arcs(drawn: Arcs, data: st.DataObject) -> None:
    size, pairs = drawn
    other = data.draw(st.permutations(pairs))
    assert shortest_circle(graph_of(size, pairs), range(size)) == shortest_circle(graph_of(size, other), range(size))


@patiently
@given(acyclic_arcs(), st.data())
def test_a_growing_order_refuses_exactly_the_arcs_that_close_a_circle(drawn: Arcs, data: st.DataObject) -> None:
    size, standing = drawn
    growing = GrowingOrder(graph_of(size, standing))
    vertex = st.integers(0, size - 1)
    for before, after in data.draw(st.lists(st.tuples(vertex, vertex), max_size=3 * size)):
        closes = before == after or reachable(size, standing)[after][before] is not None
        assert growing.add(before, after) is not closes
        if not closes:
            standing.append((before, after))


@st.composite
def edges(draw: st.DrawFn) -> tuple[list[ObjectRef], list[Edge]]:
    """Draw objects and edges between them, hard and soft, with or without circles."""
    size, pairs = draw(arcs())
    refs = [ObjectRef(group="", kind="ConfigMap", name=f"c{number}") for number in range(size)]
    kinds = st.sampled_from(EdgeKind)
    return refs, [
        Edge(before=refs[source], after=refs[target], kind=draw(kinds), hard=draw(st.integers(0, 3)) == 0, because="r")
        for source, target in dict.fromkeys(pairs)
    ]


def numbered(refs: list[ObjectRef], some: Iterable[Edge]) -> list[tuple[int, int]]:
    return [(refs.index(edge.before), refs.index(edge.after)) for edge in some]


@patiently
@given(edges())
def test_edges_settle_unless_the_hard_ones_alone_go_round(drawn: tuple[list[ObjectRef], list[Edge]]) -> None:
    refs, some = drawn
    hard = numbered(refs, (edge for edge in some if edge.hard))
    circles = on_a_circle(len(refs), hard)
    if circles:
        with pytest.raises(CycleError) as caught:
            settle(refs, some)
        assert len(caught.value.hops) == min(circles.values())
        return
    settled = settle(refs, some)
    place = {ref: position for position, ref in enumerate(settled.order)}
    assert sorted(place) == refs
    assert all(place[edge.before] < place[edge.after] for edge in settled.kept)
    assert sorted((*settled.kept, *settled.dropped)) == sorted(some)
    assert not any(edge.hard for edge in settled.dropped)


@patiently
@given(edges(), st.data())
def test_the_order_of_the_edges_does_not_matter(drawn: tuple[list[ObjectRef], list[Edge]], data: st.DataObject) -> None:
    refs, some = drawn
    soft = [evolve(edge, hard=False) for edge in some]
    assert settle(refs, data.draw(st.permutations(soft))) == settle(refs, soft)


@patiently
@given(edges())
def test_no_edge_is_dropped_without_need(drawn: tuple[list[ObjectRef], list[Edge]]) -> None:
    """A dropped edge could not be put back: with the edges that were kept it would close a circle."""
    refs, some = drawn
    soft = [evolve(edge, hard=False) for edge in some]
    settled = settle(refs, soft)
    far = reachable(len(refs), numbered(refs, settled.kept))
    for before, after in numbered(refs, settled.dropped):
        assert before == after or far[after][before] is not None


@patiently
@given(edges())
def test_layers_hold_every_object_once_and_nothing_in_a_layer_waits_for_it(
    drawn: tuple[list[ObjectRef], list[Edge]],
) -> None:
    refs, some = drawn
    soft = [evolve(edge, hard=False) for edge in some]
    settled = settle(refs, soft)
    layer = {ref: number for number, wave in enumerate(settled.waves) for ref in wave}
    assert sorted(layer) == refs
    for ref in refs:
        below = [layer[edge.before] for edge in settled.kept if edge.after == ref]
        assert layer[ref] == max(below, default=-1) + 1
