"""Progress as JSON; see ``docs/reference/control-api.md``."""

from __future__ import annotations

from datetime import datetime

from brokkr_agent.deployments.values import Counts, ObjectProgress, Progress
from brokkr_core.model.json import Json, JsonObject


def attempt_json(progress: Progress) -> JsonObject:
    """Return how far an attempt is, without its objects."""
    begun = progress.begun
    return {
        "stack_id": begun.stack_id,
        "deployment_object_id": begun.deployment_object_id or None,
        "sequence_id": begun.sequence_id,
        "removal": begun.removal,
        "resync": begun.resync,
        "attempt": begun.attempt,
        "trace_id": begun.trace_id or None,
        "phase": str(progress.phase),
        "percent": progress.percent,
        "result": None if progress.result is None else str(progress.result),
        "verdict": progress.verdict or None,
        "changed": progress.changed,
        "message": progress.message or None,
        "counts": counts_json(progress.counts),
        "started_at": begun.at.isoformat(),
        "ended_at": _time(progress.ended_at),
    }


def whole_json(progress: Progress) -> JsonObject:
    """Return how far an attempt is, with its objects."""
    objects: list[Json] = [object_json(one) for one in progress.objects]
    return attempt_json(progress) | {"objects": objects, "objects_omitted": progress.omitted}


def counts_json(counts: Counts) -> JsonObject:
    """Return how many objects are at what."""
    return {
        "total": counts.total,
        "pending": counts.pending,
        "progressing": counts.progressing,
        "waiting": counts.waiting,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
    }


def object_json(one: ObjectProgress) -> JsonObject:
    """Return what one object is at."""
    return {
        "api_version": one.ref.api_version,
        "kind": one.ref.kind,
        "namespace": one.ref.namespace or None,
        "name": one.ref.name,
        "state": str(one.state),
        "action": None if one.action is None else str(one.action),
        "message": one.message or None,
        "leaving": one.leaving,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
