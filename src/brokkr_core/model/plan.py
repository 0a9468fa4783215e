"""A plan: manifests in an order that can work, and why."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef


class EdgeKind(StrEnum):
    """Why one object comes before another."""

    NAMESPACE = "namespace"
    CRD = "crd"
    REFERENCE = "reference"
    WEBHOOK = "webhook"
    APISERVICE = "apiservice"
    OWNER = "owner"
    DEPENDS_ON = "depends-on"
    WAVE = "wave"


@frozen(kw_only=True, order=True)
class Edge:
    """``before`` must be applied and ready before ``after``, because ``because``.

    A soft edge is an advice: it gives way when it would close a circle.
    """

    before: ObjectRef
    after: ObjectRef
    kind: EdgeKind
    hard: bool = True
    because: str

    def __str__(self) -> str:
        return f"{self.after} waits for {self.before}: {self.because}"


@frozen(kw_only=True)
class Plan:
    """Manifests in topological order, the edges between them, and the soft edges that gave way.

    ``waves`` groups the same manifests by their distance from a root: what stands in one wave may run together.
    The plan is equal for every permutation of the manifests it was made from.
    """

    manifests: tuple[Manifest, ...]
    edges: tuple[Edge, ...] = ()
    dropped: tuple[Edge, ...] = ()
    waves: tuple[tuple[ObjectRef, ...], ...] = ()
    by_ref: dict[ObjectRef, Manifest] = field(init=False, repr=False, eq=False)
    _leading_to: dict[ObjectRef, list[Edge]] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        leading_to: dict[ObjectRef, list[Edge]] = {}
        for edge in self.edges:
            leading_to.setdefault(edge.after, []).append(edge)
        object.__setattr__(self, "by_ref", {manifest.ref: manifest for manifest in self.manifests})
        object.__setattr__(self, "_leading_to", leading_to)

    def waits_for(self, ref: ObjectRef) -> tuple[Edge, ...]:
        """Return the edges that lead to an object."""
        return tuple(self._leading_to.get(ref, ()))
