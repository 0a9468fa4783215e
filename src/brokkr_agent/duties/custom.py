"""Work orders of type ``custom``: apply every document, then wait for every Job to finish (contract 12.3)."""

from __future__ import annotations

from attrs import frozen

from brokkr_agent.duties.applying import Bench
from brokkr_agent.duties.ending import of_job
from brokkr_agent.reading import read
from brokkr_core.model.kinds import JOB
from brokkr_core.model.work import WorkOrder, WorkResult


@frozen(kw_only=True)
class CustomWork:
    """Carries out orders of type ``custom``."""

    bench: Bench

    def __call__(self, order: WorkOrder, *, until: float) -> WorkResult:
        """Apply everything and wait for the Jobs; other kinds are applied and not watched."""
        manifests = self.bench.resolved(read(order.yaml_content, source=f"work order {order.id}"))
        refused = self.bench.apply(manifests, until=until)
        if refused is not None:
            return refused
        jobs = [one.ref for one in manifests if one.ref.group_kind == JOB]
        for job in jobs:
            result = self.bench.await_end(job, of_job, until=until)
            if not result.success:
                return result
        others = len(manifests) - len(jobs)
        unwatched = f"; {others} other objects were applied and are not watched" if others else ""
        return WorkResult(success=True, message=f"{len(jobs)} Jobs finished{unwatched}")
