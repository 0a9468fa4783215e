"""Who answers when the API server calls out: the Service and the workloads behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from brokkr_core.model.json import Json, as_text, dig, text_map
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.kinds import CORE

#: These make pods that end, or none at all: waiting for them would not make a Service answer.
_NOT_SERVING: Final = frozenset({"CronJob", "Job", "PodTemplate"})


@frozen(kw_only=True)
class Backend:
    """A Service that the API server calls, and the workloads of the bundle that it selects."""

    namespace: str
    service: ObjectRef | None = None
    workloads: tuple[ObjectRef, ...] = ()

    @property
    def refs(self) -> tuple[ObjectRef, ...]:
        """Everything of the bundle that must be ready before the backend answers."""
        return ((self.service,) if self.service else ()) + self.workloads


def backend_of(bundle: Bundle, service: Json) -> Backend | None:
    """Find a backend by the service reference of a ``clientConfig`` or an APIService.

    Args:
        bundle: where to look.
        service: the reference: ``namespace`` and ``name``.

    Returns:
        The backend, with what the bundle has of it; None when there is no reference, as with a ``url``.
    """
    name, namespace = as_text(dig(service, "name")), as_text(dig(service, "namespace"))
    if not name:
        return None
    manifest = bundle.manifest(CORE, "Service", namespace, name)
    if manifest is None:
        return Backend(namespace=namespace)
    selector = text_map(dig(manifest.body, "spec", "selector"))
    selected = bundle.selected(namespace, {"matchLabels": {**selector}}) if selector else iter(())
    workloads = tuple(template.owner for template in selected if template.owner.kind not in _NOT_SERVING)
    return Backend(namespace=namespace, service=manifest.ref, workloads=workloads)


def backend_edges(backend: Backend, after: ObjectRef, kind: EdgeKind, where: str) -> Iterator[Edge]:
    """Put a backend before the object that makes the API server call it.

    Args:
        backend: the Service and its workloads.
        after: the webhook configuration or APIService.
        kind: the kind of the edges.
        where: the field that names the Service.

    Returns:
        One hard edge for the Service and one for each workload.
    """
    if backend.service is None:
        return
    yield Edge(before=backend.service, after=after, kind=kind, because=f"it calls this Service at {where}")
    for workload in backend.workloads:
        because = f"it calls {backend.service} at {where}, behind which this {workload.kind} answers"
        yield Edge(before=workload, after=after, kind=kind, because=because)
