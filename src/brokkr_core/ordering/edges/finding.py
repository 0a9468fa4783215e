"""What a rule finds in a bundle: an edge, or a fault that makes the bundle unfit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from brokkr_core.errors import ManifestError
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.bundle import Bundle

Finding: TypeAlias = Edge | ManifestError
#: A rule reads a whole bundle, so that it can look things up in an index and never compares every pair.
Rule: TypeAlias = Callable[[Bundle], Iterator[Finding]]


def reference(before: ObjectRef, after: ObjectRef, because: str, *, hard: bool = True) -> Edge:
    """Make an edge for an object that is named by another."""
    return Edge(before=before, after=after, kind=EdgeKind.REFERENCE, hard=hard, because=because)


def fault(manifest: Manifest, path: str, problem: str) -> ManifestError:
    """Make an error that names the object, its document and its line.

    Args:
        manifest: the object at fault.
        path: the field at fault.
        problem: what is wrong and what to do.

    Returns:
        The error, to be reported together with all others.
    """
    origin = manifest.origin
    return ManifestError(
        f"{manifest.ref}: {problem}",
        source=origin.source,
        document=origin.document,
        line=origin.first_line,
        path=path,
    )
