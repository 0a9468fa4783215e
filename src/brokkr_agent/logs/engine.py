"""What the engine does, for the log: one debug line for each event of a run."""

from __future__ import annotations

from brokkr_agent.logs.setup import LOG
from brokkr_core.model.events import (
    Event,
    ObjectFinished,
    ObjectStarted,
    ObjectWaiting,
    PlanMade,
    RollbackFinished,
    RollbackStarted,
    RunFinished,
)


def log_event(event: Event, /) -> None:
    """Log one event of a run; an observer."""
    match event:
        case PlanMade(plan=plan, prune=prune):
            LOG.note("engine", "plan made", objects=len(plan.manifests), waves=len(plan.waves), prune=len(prune))
        case ObjectStarted(ref=ref):
            LOG.note("engine", "object started", object=ref)
        case ObjectWaiting(ref=ref, reason=reason):
            LOG.note("engine", "object is waited for", object=ref, reason=reason)
        case ObjectFinished(outcome=one):
            told = {"code": one.code, "message": one.message} if one.code else {}
            LOG.note("engine", "object finished", object=one.ref, action=one.action, seconds=one.seconds, **told)
        case RollbackStarted(because=because, objects=objects):
            LOG.note("engine", "rollback started", because=because, objects=len(objects))
        case RollbackFinished(verdict=verdict, lines=lines):
            LOG.note("engine", "rollback finished", verdict=verdict, lines=list(lines))
        case RunFinished(report=report):
            LOG.note("engine", "run finished", ok=report.ok, counts=report.counts())
