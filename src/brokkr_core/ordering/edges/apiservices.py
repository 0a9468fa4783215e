"""Aggregated APIs: an APIService after what answers for it, and before the objects of its API."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.model.json import as_object, as_text
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.backends import backend_edges, backend_of
from brokkr_core.ordering.edges.finding import Finding
from brokkr_core.ordering.kinds import API_REGISTRATION


def apiservice_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put an aggregated APIService after its backend and before the objects of its group and version.

    An APIService without a ``service`` is one the API server answers itself; it has nothing to wait for.
    """
    for manifest in bundle.of_kind(API_REGISTRATION, "APIService"):
        spec = as_object(manifest.body.get("spec"))
        backend = backend_of(bundle, spec.get("service"))
        if backend is None:
            continue
        yield from backend_edges(backend, manifest.ref, EdgeKind.APISERVICE, "spec.service")
        yield from _served(bundle, manifest, as_text(spec.get("group")), as_text(spec.get("version")))


def _served(bundle: Bundle, apiservice: Manifest, group: str, version: str) -> Iterator[Finding]:
    because = f"its API {group}/{version} is served through this APIService"
    for kind, manifests in bundle.by_kind.items():
        if kind.group != group:
            continue
        for manifest in manifests:
            if manifest.ref.version == version and manifest.ref != apiservice.ref:
                yield Edge(before=apiservice.ref, after=manifest.ref, kind=EdgeKind.APISERVICE, because=because)
