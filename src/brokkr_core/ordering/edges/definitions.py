"""What must exist before an object can be written at all: its namespace and the definition of its kind."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from brokkr_core.model.json import Json, as_list, as_object, as_text, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import GroupKind, ObjectRef
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.finding import Finding, fault
from brokkr_core.ordering.kinds import CORE, CRD_GROUP, is_namespaced


@frozen(kw_only=True)
class Definition:
    """What a CustomResourceDefinition of the bundle says about its kind."""

    ref: ObjectRef
    defines: GroupKind
    plural: str
    namespaced: bool
    served: tuple[str, ...]  #: versions, in the order of the definition; empty when it names none
    conversion: Json  #: the ``clientConfig`` of its conversion webhook, or None


def definitions(bundle: Bundle) -> tuple[Definition, ...]:
    """Read every CustomResourceDefinition of a bundle."""
    return tuple(_definition(manifest) for manifest in bundle.of_kind(CRD_GROUP, "CustomResourceDefinition"))


def _definition(manifest: Manifest) -> Definition:
    spec = as_object(manifest.body.get("spec"))
    return Definition(
        ref=manifest.ref,
        defines=GroupKind(group=as_text(spec.get("group")), kind=as_text(dig(spec, "names", "kind"))),
        plural=as_text(dig(spec, "names", "plural")),
        namespaced=spec.get("scope") != "Cluster",
        served=tuple(_served(spec)),
        conversion=dig(spec, "conversion", "webhook", "clientConfig"),
    )


def _served(spec: dict[str, Json]) -> Iterator[str]:
    versions = [as_object(version) for version in as_list(spec.get("versions"))]
    for version in versions:
        if version.get("served") is True:
            yield as_text(version.get("name"))
    if not versions and as_text(spec.get("version")):
        yield as_text(spec.get("version"))  # apiextensions.k8s.io/v1beta1


def namespace_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put a Namespace before everything that lives in it."""
    for manifest in bundle.manifests:
        ref = manifest.ref
        if not ref.namespace or is_namespaced(ref.group_kind) is False:
            continue
        namespace = bundle.find(CORE, "Namespace", "", ref.namespace)
        if namespace:
            yield Edge(before=namespace, after=ref, kind=EdgeKind.NAMESPACE, because="it lives in this Namespace")


def crd_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put a CRD before its resources, and refuse a resource of a version that its CRD does not serve."""
    for definition in definitions(bundle):
        because = f"its kind {definition.defines} is defined by this CRD"
        for manifest in bundle.by_kind.get(definition.defines, []):
            if definition.served and manifest.ref.version not in definition.served:
                yield _unserved(manifest, definition)
            yield Edge(before=definition.ref, after=manifest.ref, kind=EdgeKind.CRD, because=because)


def _unserved(manifest: Manifest, definition: Definition) -> Finding:
    served = ", ".join(definition.served)
    problem = (
        f"{definition.ref} of this bundle does not serve version {manifest.ref.version!r} of"
        f" {definition.defines}; use one of {served}, or let it serve this one"
    )
    return fault(manifest, "apiVersion", problem)
