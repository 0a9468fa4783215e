"""From the settings to what a deployment may do."""

from __future__ import annotations

from brokkr_agent.checks import UNPROTECTABLE, parts
from brokkr_agent.config import AgentSettings
from brokkr_agent.reconcile import Rules
from brokkr_core.apply import (
    ApplyPolicy,
    ClassTimeout,
    ConflictRule,
    Conflicts,
    PodPatience,
    PrunePolicy,
    ReadyPolicy,
    TakeAlong,
)
from brokkr_core.apply.prune.policy import PROTECTED
from brokkr_core.rollback import UndoPolicy


def rules_of(settings: AgentSettings) -> Rules:
    """Read from the settings what a deployment may do."""
    return Rules(
        apply=ApplyPolicy(
            conflicts=Conflicts(settings.conflicts),
            conflict_rules=ConflictRule.parse_several(settings.conflict_rules),
            recreate=settings.recreate == "immutable",
            run_timeout_seconds=settings.run_timeout_seconds,
            workers=settings.workers,
            ready_timeout_seconds=settings.ready_timeout_seconds,
            poll_seconds=settings.ready_poll_seconds,
            ready=_ready(settings),
        ),
        prune=PrunePolicy(
            protected=PROTECTED - {UNPROTECTABLE[name] for name in parts(settings.prune_unprotected)},
            take_along=TakeAlong(**dict.fromkeys(parts(settings.prune_take_along), True)),
            workers=settings.prune_workers,
            max_objects=settings.prune_max_objects,
            max_percent=settings.prune_max_percent,
            poll_seconds=settings.ready_poll_seconds,
        ),
        undo=UndoPolicy(
            stability_seconds=settings.stability_seconds,
            settle_timeout_seconds=settings.ready_timeout_seconds,
            poll_seconds=settings.ready_poll_seconds,
        ),
        rollback=settings.rollback != "off",
    )


def _ready(settings: AgentSettings) -> ReadyPolicy:
    return ReadyPolicy(
        ingress_address=settings.ready_ingress == "address",
        load_balancer_timeouts=ClassTimeout.parse_several(settings.ready_load_balancer_timeouts),
        pods=PodPatience(
            start_seconds=settings.ready_pod_start_seconds,
            crash_restarts=settings.ready_pod_crash_restarts,
            unschedulable_seconds=settings.ready_pod_unschedulable_seconds,
        ),
    )
