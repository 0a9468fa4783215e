"""What a deployment may do, as values."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from brokkr_agent.checks import UNPROTECTABLE, parts
from brokkr_agent.config import AgentSettings
from brokkr_agent.stacks import Pace
from brokkr_core.apply import (
    ApplyPolicy,
    ClassTimeout,
    ConflictRule,
    Conflicts,
    PodPatience,
    PrunePolicy,
    ReadyPolicy,
    TakeAlong,
    parse_allowed,
)
from brokkr_core.apply.prune.policy import PROTECTED
from brokkr_core.rollback import UndoPolicy


class Rollback(StrEnum):
    """What becomes of a failed revision."""

    OFF = "off"  #: it is left as it stands, and nothing is kept to put it back with
    REPORT = "report"  #: it is left as it stands; the report names what the run had changed
    BUNDLE = "bundle"  #: it is put back as a whole, and that is proven


class AfterCrash(StrEnum):
    """What becomes of a run whose process ended in the middle."""

    RESUME = "resume"  #: the next run of the stack goes on, and puts both back when it fails
    ROLLBACK = "rollback"  #: it is put back before anything else happens to the stack


@frozen(kw_only=True)
class Rules:
    """What a deployment may do."""

    apply: ApplyPolicy
    prune: PrunePolicy
    undo: UndoPolicy
    rollback: Rollback = Rollback.BUNDLE
    after_crash: AfterCrash = AfterCrash.RESUME
    undo_when_stopped: bool = False  #: put a run back that was stopped; else whoever is next goes on with it
    journals_kept: int = 3  #: of runs that have ended, per stack
    keep_revisions: bool = False  #: also keep what was applied, so that one can return to it without the broker


def rules_of(settings: AgentSettings) -> Rules:
    """Read from the settings what a deployment may do."""
    return Rules(
        apply=ApplyPolicy(
            conflicts=Conflicts(settings.conflicts),
            conflict_rules=ConflictRule.parse_several(settings.conflict_rules),
            allow=parse_allowed(settings.rollback_allow),
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
        rollback=Rollback(settings.rollback),
        after_crash=AfterCrash(settings.after_crash),
        journals_kept=settings.journals_kept,
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


def pace_of(settings: AgentSettings) -> Pace:
    """Read from the settings how often stacks are looked at again."""
    return Pace(
        resync_seconds=settings.resync_interval,
        retry_first_seconds=settings.polling_interval,
        removal_polls=settings.removal_polls,
        removal_grace_seconds=settings.removal_grace_seconds,
    )


def longest_attempt_seconds(settings: AgentSettings) -> float:
    """Return how long an attempt can take when all is well: its run, the rollback, and their beginnings and ends."""
    return settings.run_timeout_seconds + 2 * settings.ready_timeout_seconds + settings.stuck_seconds
