"""A bundle: the manifests of one plan in identity order, indexed by what other manifests say about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar

from attrs import field, frozen

from brokkr_core.errors import DuplicateObjectError
from brokkr_core.model.json import JsonObject, as_object, dig, text_map
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import GroupKind, ObjectRef
from brokkr_core.ordering.kinds import POD_TEMPLATES
from brokkr_core.ordering.selectors import selects

Identity: TypeAlias = tuple[str, str, str, str]
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def identity(ref: ObjectRef) -> Identity:
    """Return what makes an object itself, as a tuple that sorts and hashes fast."""
    return (ref.group, ref.kind, ref.namespace, ref.name)


@frozen(kw_only=True, eq=False)
class PodTemplate:
    """A manifest that makes pods (or is one), and what it says about them."""

    owner: ObjectRef
    labels: dict[str, str]
    spec: JsonObject
    path: str  #: where ``spec`` stands in the manifest


@frozen(kw_only=True, eq=False)
class Bundle:
    """Manifests in identity order; every index below keeps that order."""

    manifests: tuple[Manifest, ...]
    by_kind: Mapping[GroupKind, list[Manifest]]
    templates: tuple[PodTemplate, ...]
    _by_identity: Mapping[Identity, Manifest] = field(alias="by_identity")
    _templates_by_namespace: Mapping[str, list[PodTemplate]] = field(alias="templates_by_namespace")
    _templates_by_label: Mapping[tuple[str, str, str], list[PodTemplate]] = field(alias="templates_by_label")

    @classmethod
    def of(cls, manifests: Iterable[Manifest]) -> Bundle:
        """Sort and index manifests.

        Args:
            manifests: in any order.

        Returns:
            The same bundle for every order.

        Raises:
            DuplicateObjectError: objects stand in the bundle more than once; all of them are named.
        """
        ordered = tuple(sorted(manifests, key=lambda manifest: identity(manifest.ref)))
        by_identity = {identity(manifest.ref): manifest for manifest in ordered}
        if len(by_identity) < len(ordered):
            raise _duplicates(ordered)
        by_kind = _grouped((manifest.ref.group_kind, manifest) for manifest in ordered)
        templates = tuple(_templates(by_kind))
        return cls(
            manifests=ordered,
            by_kind=by_kind,
            templates=templates,
            by_identity=by_identity,
            templates_by_namespace=_grouped((template.owner.namespace, template) for template in templates),
            templates_by_label=_grouped(
                ((template.owner.namespace, key, value), template)
                for template in templates
                for key, value in template.labels.items()
            ),
        )

    def manifest(self, group: str, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return the manifest of this identity, or None when the bundle does not have it."""
        return self._by_identity.get((group, kind, namespace, name))

    def find(self, group: str, kind: str, namespace: str, name: str) -> ObjectRef | None:
        """Return the object of this identity, or None when the bundle does not have it."""
        found = self._by_identity.get((group, kind, namespace, name))
        return found.ref if found else None

    def of_kind(self, group: str, kind: str) -> list[Manifest]:
        """Return the manifests of a kind, whatever their version."""
        return self.by_kind.get(GroupKind(group=group, kind=kind), [])

    def selected(self, namespace: str, selector: JsonObject) -> Iterator[PodTemplate]:
        """Yield the makers of pods in a namespace whose pods a label selector selects."""
        candidates = self._templates_by_namespace.get(namespace, [])
        for key, value in text_map(selector.get("matchLabels")).items():
            labelled = self._templates_by_label.get((namespace, key, value), [])
            candidates = min(candidates, labelled, key=len)
        return (template for template in candidates if selects(selector, template.labels))


def _grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    groups: defaultdict[Key, list[Value]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return dict(groups)


def _templates(by_kind: Mapping[GroupKind, list[Manifest]]) -> Iterator[PodTemplate]:
    for kind, manifests in by_kind.items():
        path = POD_TEMPLATES.get(kind)
        if path is None:
            continue
        for manifest in manifests:
            template = as_object(dig(manifest.body, *path))
            yield PodTemplate(
                owner=manifest.ref,
                labels=text_map(dig(template, "metadata", "labels")),
                spec=as_object(template.get("spec")),
                path=".".join((*path, "spec")),
            )


def _duplicates(ordered: Iterable[Manifest]) -> DuplicateObjectError:
    lines = []
    for twins in _grouped((identity(manifest.ref), manifest) for manifest in ordered).values():
        if len(twins) > 1:
            where = " and ".join(str(origin) for origin in sorted(twin.origin for twin in twins))
            lines.append(f"{twins[0].ref} stands {len(twins)} times in the bundle: {where}; keep one of them")
    return DuplicateObjectError("\n".join(lines))
