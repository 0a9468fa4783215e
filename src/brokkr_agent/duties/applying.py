"""Apply what a work order holds, and wait until something of it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from brokkr_agent.duties.ending import late, of_report
from brokkr_agent.verdicts import named
from brokkr_core.apply import ApplyPolicy, Conflicts, apply_plan, resolve
from brokkr_core.errors import StoppedError
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import ORDER_MANAGER
from brokkr_core.model.work import WorkResult
from brokkr_core.ordering import order

#: For objects of a work order that name none (contract 11.4).
NAMESPACE = "default"


@frozen(kw_only=True)
class Bench:
    """Where work orders are carried out."""

    cluster: KubeClient
    policy: ApplyPolicy
    poll_seconds: float
    stop: Callable[[], bool]
    sleep: Callable[[float], bool]

    def resolved(self, manifests: Sequence[Manifest]) -> tuple[Manifest, ...]:
        """Decide scope and namespace; a kind that is not served is told with its place."""
        return resolve(manifests, self.cluster.discovery, namespace=NAMESPACE, only=self.cluster.only)

    def apply(self, manifests: Sequence[Manifest], *, until: float) -> WorkResult | None:
        """Apply resolved manifests with force and without marks: they are no stack's, and nothing prunes them.

        Args:
            manifests: what to apply.
            until: a time of the monotonic clock.

        Returns:
            None when all of it stands; else how the order ended.

        Raises:
            StoppedError: the agent has to stop.
        """
        policy = evolve(
            self.policy,
            manager=ORDER_MANAGER,
            conflicts=Conflicts.TAKE,
            conflict_rules=(),
            wait=False,
            run_timeout_seconds=max(1.0, until - time.monotonic()),
        )
        report = apply_plan(self.cluster, order(manifests), policy=policy, stop=self.stop)
        if report.ok:
            return None
        if self.stop():
            raise StoppedError("stopped while a work order was applied")
        return of_report(report, named(report))

    def await_end(
        self, ref: ObjectRef, read: Callable[[JsonObject | None, str], WorkResult | None], *, until: float
    ) -> WorkResult:
        """Look at an object until it has ended; at least once.

        Args:
            ref: which object.
            read: tells from the object how it ended, or None.
            until: a time of the monotonic clock.

        Returns:
            How it ended, or that it took too long.

        Raises:
            StoppedError: the agent has to stop.
        """
        started = time.monotonic()
        while True:
            result = read(self.cluster.find(ref), str(ref))
            if result is not None:
                return result
            if time.monotonic() >= until:
                return late(str(ref), time.monotonic() - started)
            if self.sleep(min(self.poll_seconds, max(0.0, until - time.monotonic()))) or self.stop():
                raise StoppedError("stopped while a work order was under way")
