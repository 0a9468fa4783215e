"""Which controllers there are."""

from __future__ import annotations

from brokkr_core.testing.cluster.controllers.deployments import roll_deployments
from brokkr_core.testing.cluster.controllers.disruptions import see_budgets
from brokkr_core.testing.cluster.controllers.endpoint_slices import slice_endpoints
from brokkr_core.testing.cluster.controllers.jobs import run_jobs
from brokkr_core.testing.cluster.controllers.pods import run_pods
from brokkr_core.testing.cluster.controllers.provisioning import balance_services, bind_claims, reach_api_services
from brokkr_core.testing.cluster.controllers.replica_sets import fill_replica_sets
from brokkr_core.testing.cluster.controllers.set_pods import keep_pods
from brokkr_core.testing.cluster.controllers.stateful_sets import roll_sets
from brokkr_core.testing.cluster.core import Reactor


def controllers() -> list[Reactor]:
    """Return the scripted controllers."""
    return [
        run_pods,
        fill_replica_sets,
        roll_deployments,
        roll_sets,
        run_jobs,
        keep_pods,
        bind_claims,
        balance_services,
        reach_api_services,
        see_budgets,
        slice_endpoints,
    ]
