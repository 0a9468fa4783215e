"""Settle what the edges want into one order and its layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from brokkr_core.model.plan import Edge
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.bundle import identity
from brokkr_core.ordering.graph import depths, heights, prioritised_order, topological_order
from brokkr_core.ordering.kinds import GUARDS, rank_of
from brokkr_core.ordering.yielding import Wiring, those_that_stay


@frozen(kw_only=True)
class Settled:
    """Objects in an order that follows every edge that was kept."""

    order: tuple[ObjectRef, ...]
    waves: tuple[tuple[ObjectRef, ...], ...]
    kept: tuple[Edge, ...]
    dropped: tuple[Edge, ...]


def settle(refs: Iterable[ObjectRef], edges: Iterable[Edge]) -> Settled:
    """Order objects by their edges.

    Among objects that are ready, first goes what guards others (``kinds.GUARDS``), then what has the longest
    chain of objects waiting behind it, then the lower rank of its kind, then the smaller identity.

    Args:
        refs: the objects, in any order.
        edges: the edges between them, in any order.

    Returns:
        The order, its layers (an object stands in the layer of its longest way from a root), the edges that
        were kept and the soft ones that gave way, sorted by the place of ``after``, then of ``before``.

    Raises:
        CycleError: hard edges alone go round in a circle.
    """
    wiring = Wiring(refs=sorted(set(refs), key=identity), edges=tuple(edges))
    stays = [True] * len(wiring.edges)
    graph = wiring.graph(stays)
    order = topological_order(graph)
    if len(order) < len(wiring.refs):
        stays = those_that_stay(wiring)
        graph = wiring.graph(stays)
        order = topological_order(graph)
    order = prioritised_order(graph, _preferred(wiring.refs, heights(graph, order)))
    return _settled(wiring, stays, order, depths(graph, order))


def _preferred(refs: Sequence[ObjectRef], height: Sequence[int]) -> list[int]:
    """Return the numbers of the objects in the order in which they would go if nothing had to wait."""
    keys = []
    for number, ref in enumerate(refs):
        kind = ref.group_kind
        keys.append((kind not in GUARDS, -height[number], rank_of(kind), number))
    return [number for *_, number in sorted(keys)]


def _settled(wiring: Wiring, stays: Sequence[bool], order: Sequence[int], depth: Sequence[int]) -> Settled:
    waves: list[list[ObjectRef]] = [[] for _ in range(max(depth, default=-1) + 1)]
    place = [0] * len(order)
    for position, number in enumerate(order):
        place[number] = position
        waves[depth[number]].append(wiring.refs[number])

    def reading(number: int) -> tuple[int, int, str]:
        before, after = wiring.arcs[number]
        return (place[after], place[before], wiring.edges[number].kind)

    tidy = sorted(range(len(stays)), key=reading)
    return Settled(
        order=tuple(wiring.refs[number] for number in order),
        waves=tuple(tuple(wave) for wave in waves),
        kept=tuple(wiring.edges[number] for number in tidy if stays[number]),
        dropped=tuple(wiring.edges[number] for number in tidy if not stays[number]),
    )
