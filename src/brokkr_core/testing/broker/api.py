"""Every route below ``/api/v1`` and every background timer: one line for each resource."""

from __future__ import annotations

from brokkr_core.testing.broker import (
    admin,
    agent_labels,
    agents,
    audit,
    deliveries,
    diagnostics,
    events,
    fleet,
    generators,
    health,
    heartbeat,
    identity,
    instantiation,
    objects,
    registrations,
    stack_labels,
    stacks,
    target_state,
    targets,
    telemetry,
    template_labels,
    templates,
    webhooks,
    work_claims,
    work_orders,
)
from brokkr_core.testing.broker.timers import Timer

ROUTES = (
    *identity.ROUTES,
    *agents.ROUTES,
    *agent_labels.ROUTES,
    *targets.ROUTES,
    *registrations.ROUTES,
    *generators.ROUTES,
    *stacks.ROUTES,
    *stack_labels.ROUTES,
    *objects.ROUTES,
    *target_state.ROUTES,
    *events.ROUTES,
    *heartbeat.ROUTES,
    *health.ROUTES,
    *templates.ROUTES,
    *template_labels.ROUTES,
    *instantiation.ROUTES,
    *work_orders.ROUTES,
    *work_claims.ROUTES,
    *diagnostics.ROUTES,
    *webhooks.ROUTES,
    *deliveries.ROUTES,
    *fleet.ROUTES,
    *telemetry.ROUTES,
    *audit.ROUTES,
    *admin.ROUTES,
)

#: Periods in seconds (contract 9).
TIMERS = (
    Timer(period_seconds=5, run=deliveries.work),
    Timer(period_seconds=10, run=work_claims.maintain),
    Timer(period_seconds=20, run=fleet.sweep),
    Timer(period_seconds=60, run=telemetry.evict),
    Timer(period_seconds=900, run=diagnostics.clean_up),
    Timer(period_seconds=3600, run=events.expire),
    Timer(period_seconds=3600, run=deliveries.expire),
    Timer(period_seconds=86_400, run=audit.expire),
)
