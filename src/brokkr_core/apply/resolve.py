"""From manifests as written to objects as the cluster will see them: scope and namespace decided, kinds known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from attrs import frozen

from brokkr_core.errors import InputError, InputErrors, OutsideNamespaceError, UnknownKindError
from brokkr_core.kube.discovery import Resource
from brokkr_core.model.json import as_list, as_text, dig
from brokkr_core.model.kinds import DEFINITION
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import GroupKind


class Kinds(Protocol):
    """Who knows how a kind is served: a cluster's discovery, or a table."""

    def find(self, group: str, version: str, kind: str) -> Resource | None:
        """Look a kind up; None when it is not served."""


@frozen(kw_only=True)
class Definition:
    """What a CustomResourceDefinition in the bundle says of its kind."""

    namespaced: bool
    versions: frozenset[str]


def resolve(
    manifests: Iterable[Manifest], discovery: Kinds, *, namespace: str = "default", only: str = ""
) -> tuple[Manifest, ...]:
    """Give every namespaced object its namespace and check that every kind is or will be served.

    A kind that a CustomResourceDefinition of the same bundle defines is known before the cluster serves it. The
    namespace of a cluster-scoped object is dropped, as the contract (11.4) has it.

    Args:
        manifests: the desired objects.
        discovery: what the cluster serves.
        namespace: for namespaced objects that name none.
        only: the one namespace that objects may lie in, and then also the one of those that name none; empty allows
            all, and cluster-scoped objects too.

    Returns:
        The manifests, in the order given.

    Raises:
        InputErrors: kinds nobody serves and objects outside of ``only``, all of them, each with its place.
    """
    bundle = tuple(manifests)
    definitions = bundle_definitions(bundle)
    resolved: list[Manifest] = []
    faults: list[InputError] = []
    for manifest in bundle:
        namespaced = _scope(manifest, definitions, discovery)
        if namespaced is None:
            faults.append(_unknown(manifest, definitions))
        else:
            one = manifest.in_namespace((manifest.ref.namespace or only or namespace) if namespaced else "")
            resolved.append(one)
            if only and one.ref.namespace != only:
                faults.append(_outside(one, only))
    if faults:
        raise InputErrors(faults)
    return tuple(resolved)


def bundle_definitions(manifests: Iterable[Manifest]) -> dict[GroupKind, Definition]:
    """Read the CustomResourceDefinitions of a bundle."""
    found = {}
    for manifest in manifests:
        if manifest.ref.group_kind != DEFINITION:
            continue
        spec = manifest.body.get("spec")
        defined = GroupKind(group=as_text(dig(spec, "group")), kind=as_text(dig(spec, "names", "kind")))
        versions = (v for v in as_list(dig(spec, "versions")) if dig(v, "served") is True)
        found[defined] = Definition(
            namespaced=dig(spec, "scope") == "Namespaced",
            versions=frozenset(as_text(dig(version, "name")) for version in versions),
        )
    return found


def _scope(manifest: Manifest, definitions: dict[GroupKind, Definition], discovery: Kinds) -> bool | None:
    ref = manifest.ref
    definition = definitions.get(ref.group_kind)
    if definition is not None:
        return definition.namespaced if ref.version in definition.versions else None
    served = discovery.find(ref.group, ref.version, ref.kind)
    return served.namespaced if served is not None else None


def _outside(manifest: Manifest, only: str) -> OutsideNamespaceError:
    where = f"in namespace {manifest.ref.namespace!r}" if manifest.ref.namespace else "cluster-scoped"
    return OutsideNamespaceError(
        f"{manifest.origin}: {manifest.ref} is {where}, and only objects in namespace {only!r} may be deployed here; "
        "take it out of the bundle, or deploy it by an agent that is not confined to a namespace"
    )


def _unknown(manifest: Manifest, definitions: dict[GroupKind, Definition]) -> UnknownKindError:
    ref = manifest.ref
    definition = definitions.get(ref.group_kind)
    if definition is not None:
        return UnknownKindError(
            f"{manifest.origin}: {ref}: the CustomResourceDefinition in this bundle does not serve version "
            f"{ref.version!r}; it serves {', '.join(sorted(definition.versions)) or 'none'}"
        )
    return UnknownKindError(
        f"{manifest.origin}: {ref}: the cluster serves no {ref.api_version} {ref.kind}; check apiVersion and kind, "
        "or put its CustomResourceDefinition into the bundle"
    )
