"""The dependency sorter: manifests in, a plan out."""

from __future__ import annotations

from collections.abc import Iterable

from brokkr_core.errors import InputErrors, ManifestError
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind, Plan
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges import RULES, wave_edges, waves_of
from brokkr_core.ordering.settle import settle


def order(manifests: Iterable[Manifest]) -> Plan:
    """Find an order in which manifests can be applied, and the reason for every step of it.

    Namespaces are taken as they are: resolve an empty one first, or it matches only other empty ones.

    Args:
        manifests: the whole bundle, in any order.

    Returns:
        The plan; it is equal for every permutation of the manifests.

    Raises:
        DuplicateObjectError: objects stand in the bundle more than once; all of them are named.
        InputErrors: manifests that contradict the bundle: a version that their CRD does not serve, an
            annotation that cannot be read or names nothing; all of them, each with document and line.
        CycleError: hard dependencies go round in a circle; the shortest one is printed.
    """
    bundle = Bundle.of(manifests)
    refs = [manifest.ref for manifest in bundle.manifests]
    edges = _edges(bundle)
    waves = waves_of(bundle)
    if len(waves) > 1:
        position = {ref: place for place, ref in enumerate(settle(refs, edges).order)}
        edges = [*edges, *wave_edges(waves, position)]
    settled = settle(refs, edges)
    by_ref = {manifest.ref: manifest for manifest in bundle.manifests}
    return Plan(
        manifests=tuple(by_ref[ref] for ref in settled.order),
        edges=settled.kept,
        dropped=settled.dropped,
        waves=settled.waves,
    )


def _edges(bundle: Bundle) -> list[Edge]:
    """Gather the edges of all rules, one for each pair of objects and kind; a hard one outweighs a soft one."""
    edges: dict[tuple[ObjectRef, ObjectRef, EdgeKind], Edge] = {}
    faults: list[ManifestError] = []
    for rule in RULES:
        for finding in rule(bundle):
            if isinstance(finding, ManifestError):
                faults.append(finding)
                continue
            key = (finding.before, finding.after, finding.kind)
            if key not in edges or (finding.hard and not edges[key].hard):
                edges[key] = finding
    if faults:
        faults.sort(key=_place)
        raise InputErrors(faults)
    return list(edges.values())


def _place(fault: ManifestError) -> tuple[str, int, int, str]:
    return (fault.source, fault.line, fault.document, str(fault))


def reversed_order(plan: Plan) -> tuple[Manifest, ...]:
    """Return the manifests of a plan so that everything comes before what it waited for, as deletion wants it."""
    return plan.manifests[::-1]


def delete_order(refs: Iterable[ObjectRef], edges: Iterable[Edge]) -> tuple[ObjectRef, ...]:
    """Order objects for deletion: everything before what it depends on.

    Args:
        refs: the objects to delete.
        edges: what is known about them, such as the edges of the plan they came from. An edge may lead
            through objects that are not deleted; the order of those on both sides of it still holds.

    Returns:
        The objects, each once.

    Raises:
        CycleError: hard edges go round in a circle; edges of one plan never do.
    """
    wanted, known = set(refs), tuple(edges)
    ends = {end for edge in known for end in (edge.before, edge.after)}
    settled = settle(wanted | ends, known)
    return tuple(ref for ref in reversed(settled.order) if ref in wanted)
