"""Webhooks: after the pods that answer them, before the objects they look at.

A list of kinds cannot say this. Configured early, a webhook with ``failurePolicy: Fail`` blocks the rest of
its own bundle; configured last, it misses the very objects it was written for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from brokkr_core.model.json import as_list, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.backends import Backend, backend_edges, backend_of
from brokkr_core.ordering.edges.definitions import definitions
from brokkr_core.ordering.edges.finding import Finding
from brokkr_core.ordering.edges.intercepts import Subject, interceptors, subjects_of
from brokkr_core.ordering.kinds import ADMISSION, CORE

_CONFIGURATIONS: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def webhook_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put a webhook configuration after its backends, and advise it before what it intercepts."""
    configurations = [found for kind in _CONFIGURATIONS for found in bundle.of_kind(ADMISSION, kind)]
    if not configurations:
        return
    defined = {definition.defines: definition for definition in definitions(bundle)}
    subjects = tuple(subjects_of(bundle, defined))
    for configuration in configurations:
        backends = tuple(_backends(bundle, configuration))
        for where, backend in backends:
            yield from backend_edges(backend, configuration.ref, EdgeKind.WEBHOOK, where)
        exempt = _exempt(bundle, [backend for _, backend in backends])
        yield from _interceptions(bundle, configuration, subjects, exempt)


def _backends(bundle: Bundle, configuration: Manifest) -> Iterator[tuple[str, Backend]]:
    for index, webhook in enumerate(as_list(configuration.body.get("webhooks"))):
        backend = backend_of(bundle, dig(webhook, "clientConfig", "service"))
        if backend:
            yield f"webhooks[{index}].clientConfig.service", backend


def _exempt(bundle: Bundle, backends: list[Backend]) -> set[ObjectRef]:
    """Return what must exist before the webhook can answer, so that it cannot be waited for."""
    exempt = {ref for backend in backends for ref in backend.refs}
    for backend in backends:
        namespace = bundle.find(CORE, "Namespace", "", backend.namespace)
        if namespace:
            exempt.add(namespace)
    return exempt


def _interceptions(
    bundle: Bundle, configuration: Manifest, subjects: Iterable[Subject], exempt: set[ObjectRef]
) -> Iterator[Finding]:
    caught = set(exempt)
    for interceptor in interceptors(bundle, configuration):
        for subject in interceptor.intercepted(subjects):
            if subject.ref not in caught:
                caught.add(subject.ref)
                because = f"this configuration intercepts {subject.what} (webhook {interceptor.name})"
                yield _advice(configuration.ref, subject.ref, because)


def conversion_edges(bundle: Bundle) -> Iterator[Finding]:
    """Advise the backend of a conversion webhook before the resources it converts; the CRD needs no backend."""
    for definition in definitions(bundle):
        backend = backend_of(bundle, dig(definition.conversion, "service"))
        if backend is None:
            continue
        for manifest in bundle.by_kind.get(definition.defines, []):
            for ref in backend.refs:
                because = f"the versions of {definition.defines} are converted behind this {ref.kind}"
                yield _advice(ref, manifest.ref, because)


def _advice(before: ObjectRef, after: ObjectRef, because: str) -> Edge:
    return Edge(before=before, after=after, kind=EdgeKind.WEBHOOK, hard=False, because=because)
