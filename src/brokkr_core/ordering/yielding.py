"""Soft edges give way where they close a circle; a circle of hard edges is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Final, TypeAlias

from attrs import field, frozen

from brokkr_core.errors import CycleError
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.circles import components, shortest_circle
from brokkr_core.ordering.graph import Graph, graph_of
from brokkr_core.ordering.growing import GrowingOrder

#: Which soft edges stand longest when they meet in a circle, the strongest first. What a webhook looks at gives
#: way first: the pods that answer it, and all that they need, must be there before it can look at anything.
STRENGTH: Final = (
    EdgeKind.NAMESPACE,
    EdgeKind.CRD,
    EdgeKind.APISERVICE,
    EdgeKind.DEPENDS_ON,
    EdgeKind.WAVE,
    EdgeKind.OWNER,
    EdgeKind.REFERENCE,
    EdgeKind.WEBHOOK,
)
_PLACE: Final = {kind: place for place, kind in enumerate(STRENGTH)}
#: So many separate circles are printed; the others are counted.
_CIRCLES_SHOWN: Final = 5

Arc: TypeAlias = tuple[int, int]


@frozen(kw_only=True, eq=False)
class Wiring:
    """Objects and the edges between them, numbered for the graph algorithms."""

    refs: Sequence[ObjectRef]  #: sorted by identity, so that a number stands for an identity in comparisons
    edges: Sequence[Edge]
    arcs: Sequence[Arc] = field(init=False)

    def __attrs_post_init__(self) -> None:
        index = {ref: number for number, ref in enumerate(self.refs)}
        arcs = [(index[edge.before], index[edge.after]) for edge in self.edges]
        object.__setattr__(self, "arcs", arcs)

    def graph(self, stays: Sequence[bool]) -> Graph:
        """Return the graph of the edges that stay."""
        return graph_of(len(self.refs), compress(self.arcs, stays))


def those_that_stay(wiring: Wiring) -> list[bool]:
    """Decide for each edge whether it stays, so that no circle is left.

    Every soft edge on a circle is taken away; then they are put back one by one, in the order of ``STRENGTH``
    and of the identity of ``before`` and ``after``. One that would close a circle with what stands by then is
    dropped. So no more edges are dropped than the circles ask for, and every dropped one has its reason.

    Args:
        wiring: objects and edges that do go round in a circle.

    Returns:
        Whether it stays, by edge. Hard edges always do.

    Raises:
        CycleError: hard edges alone go round in a circle.
    """
    _refuse_hard_circles(wiring)
    contested = _contested(wiring)
    stays = [True] * len(wiring.edges)
    for number in contested:
        stays[number] = False
    standing = GrowingOrder(wiring.graph(stays))
    for number in sorted(contested, key=lambda each: (_PLACE[wiring.edges[each].kind], wiring.arcs[each])):
        stays[number] = standing.add(*wiring.arcs[number])
    return stays


def _contested(wiring: Wiring) -> list[int]:
    """Return the soft edges that lie on a circle: both their ends stand in one component."""
    component: dict[int, int] = {}
    for number, members in enumerate(components(graph_of(len(wiring.refs), wiring.arcs))):
        component.update(dict.fromkeys(members, number))
    contested = []
    for number, (edge, (before, after)) in enumerate(zip(wiring.edges, wiring.arcs, strict=True)):
        if not edge.hard and before in component and component[before] == component.get(after):
            contested.append(number)
    return contested


def _refuse_hard_circles(wiring: Wiring) -> None:
    hard: dict[Arc, Edge] = {}
    for edge, arc in zip(wiring.edges, wiring.arcs, strict=True):
        if edge.hard:
            hard.setdefault(arc, edge)
    graph = graph_of(len(wiring.refs), hard)
    circles = sorted((shortest_circle(graph, members) for members in components(graph)), key=len)
    if circles:
        raise _cycle_error([_hops(circle, hard) for circle in circles])


def _hops(circle: Sequence[int], edges: dict[Arc, Edge]) -> list[Edge]:
    """Return the edges of a circle so that each object waits for the next one."""
    pairs = zip(circle, [*circle[1:], circle[0]], strict=True)
    return [edges[pair] for pair in pairs][::-1]


def _cycle_error(circles: Sequence[Sequence[Edge]]) -> CycleError:
    lines = [line for hops in circles[:_CIRCLES_SHOWN] for line in _shown(hops)]
    if len(circles) > _CIRCLES_SHOWN:
        lines.append(f"and {len(circles) - _CIRCLES_SHOWN} more circles that share no object with these")
    return CycleError("\n".join(lines), hops=[str(hop) for hop in circles[0]])


def _shown(hops: Sequence[Edge]) -> Iterator[str]:
    yield f"the dependencies go round in a circle of {len(hops)}; take one of them away:"
    for hop in hops:
        yield f"  {hop}"
