"""The rules in force, in the order in which the reasons of a plan are looked for."""

from __future__ import annotations

from typing import Final

from brokkr_core.ordering.edges.apiservices import apiservice_edges
from brokkr_core.ordering.edges.declared import depends_on_edges
from brokkr_core.ordering.edges.definitions import crd_edges, namespace_edges
from brokkr_core.ordering.edges.finding import Rule
from brokkr_core.ordering.edges.owners import owner_edges
from brokkr_core.ordering.edges.permissions import account_edges, binding_edges, grant_edges
from brokkr_core.ordering.edges.pods import pod_edges
from brokkr_core.ordering.edges.targets import (
    autoscaler_edges,
    disruption_edges,
    governing_service_edges,
    ingress_edges,
    policy_edges,
    storage_edges,
)
from brokkr_core.ordering.edges.waves import wave_faults
from brokkr_core.ordering.edges.webhooks import conversion_edges, webhook_edges

RULES: Final[tuple[Rule, ...]] = (
    namespace_edges,
    crd_edges,
    pod_edges,
    binding_edges,
    grant_edges,
    account_edges,
    storage_edges,
    governing_service_edges,
    autoscaler_edges,
    disruption_edges,
    ingress_edges,
    policy_edges,
    webhook_edges,
    conversion_edges,
    apiservice_edges,
    owner_edges,
    depends_on_edges,
    wave_faults,
)
