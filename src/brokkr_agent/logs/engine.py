"""What the engine does, for the log: one debug line for each event of a run."""

from __future__ import annotations

import structlog

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

_log = structlog.get_logger("engine")


def log_event(event: Event, /) -> None:
    """Log one event of a run; an observer."""
    match event:
        case PlanMade(plan=plan, prune=prune):
            _log.debug("plan made", objects=len(plan.manifests), waves=len(plan.waves), prune=len(prune))
        case ObjectStarted(ref=ref):
            _log.debug("object started", object=ref)
        case ObjectWaiting(ref=ref, reason=reason):
            _log.debug("object is waited for", object=ref, reason=reason)
        case ObjectFinished(outcome=one):
            told = {"code": one.code, "message": one.message} if one.code else {}
            _log.debug("object finished", object=one.ref, action=str(one.action), seconds=round(one.seconds, 3), **told)
        case RollbackStarted(because=because, objects=objects):
            _log.debug("rollback started", because=because, objects=len(objects))
        case RollbackFinished(verdict=verdict, lines=lines):
            _log.debug("rollback finished", verdict=verdict, lines=list(lines))
        case RunFinished(report=report):
            _log.debug("run finished", ok=report.ok, counts=report.counts())
