"""Deletion backwards: live objects in, a plan out in which everything goes before what it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

from attrs import evolve

from brokkr_core.errors import CycleError, ManifestError
from brokkr_core.model.json import as_list, as_text, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind, Plan
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges import RULES, wave_edges, waves_of
from brokkr_core.ordering.settle import Settled, settle

#: Finalizers that Kubernetes itself takes away, whatever else is deleted.
_BUILT_IN: Final = frozenset(
    {
        "foregroundDeletion",
        "kubernetes",
        "kubernetes.io/pv-protection",
        "kubernetes.io/pvc-protection",
        "orphan",
    }
)
#: Every pair gets its edge while there are no more than this; above, one object stands for all of its side.
_PAIRS: Final = 2_000


def deletion_plan(manifests: Iterable[Manifest]) -> Plan:
    """Order objects that stand in a cluster for deletion.

    The rules are those of ``order``, with every edge turned round. Objects of several revisions need not fit
    together as those of one bundle do: what a rule finds fault with is left out, and where hard edges go round in
    a circle all edges are advice.

    Args:
        manifests: the objects as they stand, each once.

    Returns:
        A plan whose ``before`` is deleted and gone before its ``after`` is deleted. An edge's reason speaks of
        its ``before``.
    """
    bundle = Bundle.of(manifests)
    refs = [manifest.ref for manifest in bundle.manifests]
    edges = [finding for rule in RULES for finding in rule(bundle) if not isinstance(finding, ManifestError)]
    position = {ref: place for place, ref in enumerate(_settle(refs, edges).order)}
    settled = _settle(refs, [*edges, *wave_edges(waves_of(bundle), position), *_caretaker_edges(bundle)])
    by_ref = {manifest.ref: manifest for manifest in bundle.manifests}
    return Plan(
        manifests=tuple(by_ref[ref] for ref in reversed(settled.order)),
        edges=tuple(_turned(edge) for edge in reversed(settled.kept)),
        dropped=tuple(_turned(edge) for edge in settled.dropped),
        waves=settled.waves[::-1],
    )


def _settle(refs: list[ObjectRef], edges: list[Edge]) -> Settled:
    try:
        return settle(refs, edges)
    except CycleError:
        return settle(refs, [evolve(edge, hard=False) for edge in edges])


def _turned(edge: Edge) -> Edge:
    return evolve(edge, before=edge.after, after=edge.before)


def _caretaker_edges(bundle: Bundle) -> Iterator[Edge]:
    """Advise every workload before the objects that carry somebody's finalizer.

    Whoever has to take the finalizer away may be that workload, and could not if it were deleted first.
    """
    owners = {template.owner for template in bundle.templates}
    workloads = sorted(owners)
    cared_for = [one.ref for one in bundle.manifests if _waits_for_somebody(one) and one.ref not in owners]
    if len(workloads) * len(cared_for) <= _PAIRS:
        yield from (_advice(before, after) for before, after in product(workloads, cared_for))
    elif workloads:
        gate = cared_for[0]
        yield from (_advice(gate, other) for other in cared_for[1:])
        yield from (_advice(workload, gate) for workload in workloads)


def _advice(before: ObjectRef, after: ObjectRef) -> Edge:
    because = "its finalizer may be this object's to take away"
    return Edge(before=before, after=after, kind=EdgeKind.REFERENCE, hard=False, because=because)


def _waits_for_somebody(manifest: Manifest) -> bool:
    names = {as_text(name) for name in as_list(dig(manifest.body, "metadata", "finalizers"))}
    return not names <= _BUILT_IN
