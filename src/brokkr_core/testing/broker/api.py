"""Every route below ``/api/v1`` and every background timer: one line for each resource."""

from __future__ import annotations

from brokkr_core.testing.broker import (
    agent_labels,
    agents,
    events,
    generators,
    health,
    heartbeat,
    identity,
    objects,
    registrations,
    stack_labels,
    stacks,
    target_state,
    targets,
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
)

TIMERS = (Timer(period_seconds=3600, run=events.expire),)
