"""Owners before what they own: the garbage collector removes an object whose owner does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.model.json import as_list, as_object, as_text, dig
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import split_api_version
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.finding import Finding


def owner_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put the owners of an object before it; an owner stands in the same namespace or in none."""
    for manifest in bundle.manifests:
        owners = as_list(dig(manifest.body, "metadata", "ownerReferences"))
        for index, entry in enumerate(owners):
            owner = as_object(entry)
            group, _ = split_api_version(as_text(owner.get("apiVersion")))
            kind, name = as_text(owner.get("kind")), as_text(owner.get("name"))
            before = bundle.find(group, kind, manifest.ref.namespace, name) or bundle.find(group, kind, "", name)
            if before:
                because = f"it is owned by this {kind} at metadata.ownerReferences[{index}]"
                yield Edge(before=before, after=manifest.ref, kind=EdgeKind.OWNER, because=because)
