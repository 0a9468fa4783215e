"""Dependencies that a user declares: the annotation ``config.kubernetes.io/depends-on``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from brokkr_core.model.json import dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import DEPENDS_ON
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.finding import Finding, fault

_GRAMMAR: Final = "group/kind/name or group/namespaces/namespace/kind/name (the core group is empty: /Secret/x)"
_BECAUSE: Final = f"its annotation {DEPENDS_ON} names this object"


def annotation_path(key: str) -> str:
    """Return the field path of an annotation, as an error shows it."""
    return f"metadata.annotations[{key}]"


def depends_on_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put the objects that an annotation names before the object that carries it.

    The grammar is the one of kubernetes-sigs/cli-utils: ``group/kind/name`` for cluster-scoped objects,
    ``group/namespaces/namespace/kind/name`` for others, several separated by commas.
    An entry that cannot be read, or names nothing in the bundle, is a fault.
    """
    for manifest in bundle.manifests:
        text = dig(manifest.body, "metadata", "annotations", DEPENDS_ON)
        if text is None:
            continue
        if not isinstance(text, str):
            yield _fault(manifest, f"the value must be text of the form {_GRAMMAR}")
            continue
        for entry in text.split(","):
            yield _dependency(bundle, manifest, entry.strip())


def _dependency(bundle: Bundle, manifest: Manifest, entry: str) -> Finding:
    target = parse_dependency(entry)
    if target is None:
        return _fault(manifest, f"{entry!r} is not of the form {_GRAMMAR}")
    before = bundle.find(target.group, target.kind, target.namespace, target.name)
    if before is None:
        return _fault(manifest, f"{entry!r} is not in this bundle; add it, or take the dependency away")
    if before == manifest.ref:
        return _fault(manifest, f"{entry!r} is the object itself; take the dependency away")
    return Edge(before=before, after=manifest.ref, kind=EdgeKind.DEPENDS_ON, because=_BECAUSE)


def parse_dependency(entry: str) -> ObjectRef | None:
    """Read one entry of the annotation.

    Args:
        entry: for example ``apps/namespaces/shop/Deployment/web`` or ``/Namespace/shop``.

    Returns:
        What it names, or None when it does not follow the grammar.
    """
    match [part.strip() for part in entry.split("/")]:
        case [group, kind, name] if kind and name:
            return ObjectRef(group=group, kind=kind, name=name)
        case [group, "namespaces", namespace, kind, name] if namespace and kind and name:
            return ObjectRef(group=group, kind=kind, namespace=namespace, name=name)
        case _:
            return None


def _fault(manifest: Manifest, problem: str) -> Finding:
    return fault(manifest, annotation_path(DEPENDS_ON), problem)
