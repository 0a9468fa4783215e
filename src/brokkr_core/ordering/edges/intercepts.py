"""Does a webhook intercept the writing of an object? Only as far as the bundle can tell; in doubt, yes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text
from brokkr_core.model.kinds import NAMESPACE
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import GroupKind, ObjectRef
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.definitions import Definition
from brokkr_core.ordering.kinds import ADMISSION, CORE, CRD_GROUP, is_namespaced, plural_of
from brokkr_core.ordering.selectors import selects

#: The label that the API server puts on every namespace.
_NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"
_WRITES: Final = frozenset({"CREATE", "UPDATE", "*"})
#: The API server never asks webhooks about admission configuration, so that a broken one can be mended;
#: a CRD must not wait for a webhook because the pods behind that webhook mostly need the CRD.
_NEVER_INTERCEPTED: Final = frozenset({ADMISSION, CRD_GROUP})
_POD_KINDS: Final = frozenset({"Pod", "PodTemplate"})


@frozen(kw_only=True, eq=False)
class Subject:
    """One write that a webhook may intercept: of an object, or of the pods that it makes."""

    ref: ObjectRef
    what: str = "it"
    group: str
    version: str
    resource: str
    namespaced: bool | None  #: None when only the cluster can tell
    labels: dict[str, str]

    @property
    def shape(self) -> tuple[str, str, str, bool | None]:
        """All that the rules of a webhook look at."""
        return (self.group, self.version, self.resource, self.namespaced)


def subjects_of(bundle: Bundle, defined: Mapping[GroupKind, Definition]) -> Iterator[Subject]:
    """Describe every write that applying a bundle leads to and that webhooks may be asked about.

    Args:
        bundle: what is written.
        defined: the kinds that CRDs of the bundle define; they know plural and scope.

    Returns:
        One subject an object, then one for the pods of each workload: an injector of sidecars looks at those.
    """
    for kind, manifests in bundle.by_kind.items():
        if kind.group in _NEVER_INTERCEPTED:
            continue
        definition = defined.get(kind)
        for manifest in manifests:
            yield _written(manifest, definition)
    for template in bundle.templates:
        if template.owner.kind not in _POD_KINDS:
            yield Subject(
                ref=template.owner,
                what="its pods",
                group=CORE,
                version="v1",
                resource="pods",
                namespaced=True,
                labels=template.labels,
            )


def _written(manifest: Manifest, definition: Definition | None) -> Subject:
    ref = manifest.ref
    namespaced = definition.namespaced if definition else is_namespaced(ref.group_kind)
    return Subject(
        ref=ref,
        group=ref.group,
        version=ref.version,
        resource=definition.plural if definition else plural_of(ref.kind),
        namespaced=True if ref.namespace and namespaced is None else namespaced,
        labels=manifest.labels,
    )


@frozen(kw_only=True, eq=False)
class Interceptor:
    """One webhook of a configuration, and what it looks at."""

    name: str
    rules: tuple[JsonObject, ...]
    exact: bool
    namespace_selector: Json
    object_selector: Json
    namespaces: Mapping[str, dict[str, str]]  #: labels of the namespaces in the bundle

    def intercepted(self, subjects: Iterable[Subject]) -> Iterator[Subject]:
        """Yield the subjects that the webhook will be asked about."""
        covered: dict[tuple[str, str, str, bool | None], bool] = {}
        for subject in subjects:
            shape = subject.shape
            if shape not in covered:
                covered[shape] = any(_covers(rule, subject, exact=self.exact) for rule in self.rules)
            if covered[shape] and self._selects(subject):
                yield subject

    def _selects(self, subject: Subject) -> bool:
        """Tell whether both selectors let a subject through; match conditions (CEL) are not decidable here."""
        if not selects(self.object_selector, subject.labels):
            return False
        ref = subject.ref
        if ref.group_kind == NAMESPACE:
            return selects(self.namespace_selector, {**subject.labels, _NAMESPACE_NAME: ref.name})
        if not subject.namespaced:
            return True
        labels = self.namespaces.get(ref.namespace)
        named = {_NAMESPACE_NAME: ref.namespace} if ref.namespace else {}
        return selects(self.namespace_selector, {**(labels or {}), **named}, complete=labels is not None)


def interceptors(bundle: Bundle, configuration: Manifest) -> Iterator[Interceptor]:
    """Read the webhooks of a configuration."""
    namespaces = {found.ref.name: found.labels for found in bundle.of_kind(CORE, "Namespace")}
    for entry in as_list(configuration.body.get("webhooks")):
        webhook = as_object(entry)
        yield Interceptor(
            name=as_text(webhook.get("name")),
            rules=tuple(as_object(rule) for rule in as_list(webhook.get("rules"))),
            exact=webhook.get("matchPolicy") == "Exact",
            namespace_selector=webhook.get("namespaceSelector"),
            object_selector=webhook.get("objectSelector"),
            namespaces=namespaces,
        )


def _covers(rule: JsonObject, subject: Subject, *, exact: bool) -> bool:
    """Read one rule as ``k8s.io/apiserver`` does; without ``Exact`` the server looks at equivalent versions too."""
    if not _WRITES & set(_texts(rule, "operations")):
        return False
    if not {"*", subject.group} & set(_texts(rule, "apiGroups")):
        return False
    if exact and not {"*", subject.version} & set(_texts(rule, "apiVersions")):
        return False
    scope = rule.get("scope")
    if scope == "Namespaced" and subject.namespaced is False:
        return False
    if scope == "Cluster" and subject.namespaced:
        return False
    return any(_names(pattern, subject.resource) for pattern in _texts(rule, "resources"))


def _names(pattern: str, resource: str) -> bool:
    """Tell whether ``pods``, ``pods/*``, ``*`` or ``*/*`` means the object itself and not only a subresource."""
    named, _, subresource = pattern.partition("/")
    return named in {"*", resource} and subresource in {"", "*"}


def _texts(rule: JsonObject, field: str) -> list[str]:
    return [as_text(value) for value in as_list(rule.get(field))]
