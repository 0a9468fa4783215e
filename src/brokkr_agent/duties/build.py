"""Work orders of type ``build``: run a Shipwright Build and tell the digest of its image (contract 12.3)."""

from __future__ import annotations

import time
from collections.abc import Iterable

from attrs import frozen

from brokkr_agent.duties.applying import NAMESPACE, Bench
from brokkr_agent.duties.ending import of_build_run
from brokkr_agent.reading import read
from brokkr_core.errors import AlreadyExistsError, InputError
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import BUILD, ORDER_MANAGER, WORK_ORDER
from brokkr_core.model.work import WorkOrder, WorkResult

#: After this a build is given up, however long the claim lasts.
BUILD_SECONDS = 900.0

_GROUP = "shipwright.io"


@frozen(kw_only=True)
class BuildWork:
    """Carries out orders of type ``build``."""

    bench: Bench

    def __call__(self, order: WorkOrder, *, until: float) -> WorkResult:
        """Apply the Build, if it comes along, run it, and wait for the end of the run."""
        manifests = read(order.yaml_content, source=f"work order {order.id}")
        build, ref = wanted(manifests, namespace=self.bench.cluster.only or NAMESPACE)
        if build is not None:
            (build,) = self.bench.resolved([build])
            refused = self.bench.apply([build], until=until)
            if refused is not None:
                return refused
            ref = build.ref
        run = run_of(ref, order)
        self._create(run, ref, order)
        return self.bench.await_end(run, of_build_run, until=min(until, time.monotonic() + BUILD_SECONDS))

    def _create(self, run: ObjectRef, build: ObjectRef, order: WorkOrder) -> None:
        """Create the run, unless this very try has created it before it was cut off."""
        labels: JsonObject = {WORK_ORDER: order.id, BUILD: build.name}
        body: JsonObject = {
            "apiVersion": run.api_version,
            "kind": run.kind,
            "metadata": {"name": run.name, "namespace": run.namespace, "labels": labels},
            "spec": {"build": {"name": build.name}},
        }
        try:
            self.bench.cluster.create(body, run, manager=ORDER_MANAGER)
        except AlreadyExistsError:
            if dig(self.bench.cluster.find(run), "metadata", "labels", WORK_ORDER) != order.id:
                raise


def wanted(manifests: Iterable[Manifest], *, namespace: str = NAMESPACE) -> tuple[Manifest | None, ObjectRef]:
    """Find which Build an order is about: the last one in it, or the one that a WorkOrder document names.

    Args:
        manifests: the documents of the order; others are not looked at.
        namespace: of a Build that is named without one.

    Returns:
        The Build's manifest, if it is there, and its identity.

    Raises:
        InputError: no document says it.
    """
    built: Manifest | None = None
    named: ObjectRef | None = None
    for one in manifests:
        if one.ref.group == _GROUP and one.ref.kind == "Build":
            built = one
        name = as_text(dig(one.body, "spec", "buildRef", "name"))
        if one.ref.group == "brokkr.io" and one.ref.kind == "WorkOrder" and name:
            named = _build(one.ref.namespace or namespace, name)
    if built is not None:
        return built, built.ref
    if named is None:
        raise InputError("a work order of type build needs a Build of shipwright.io, or a WorkOrder with a buildRef")
    return None, named


def run_of(build: ObjectRef, order: WorkOrder) -> ObjectRef:
    """Name the BuildRun of one try: the same after a crash, another one for a retry."""
    again = f"-{order.retry_count}" if order.retry_count else ""
    name = f"{build.name}-{order.id[:8]}{again}"
    return ObjectRef(group=_GROUP, version="v1beta1", kind="BuildRun", namespace=build.namespace, name=name)


def _build(namespace: str, name: str) -> ObjectRef:
    return ObjectRef(group=_GROUP, version="v1beta1", kind="Build", namespace=namespace, name=name)
