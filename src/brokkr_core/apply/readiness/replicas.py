"""Count replicas: too few of a kind, or old ones that are still to end."""

from __future__ import annotations

from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.apply.readiness.state import Readiness, failed, in_progress
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_int

#: How long pods may fail to be created before that is a failure: quotas and admission webhooks come and go.
REPLICA_FAILURE_GRACE_SECONDS = 15.0


def wanted(subject: Subject) -> int:
    """Return how many replicas it asks for; one when it does not say."""
    return as_int(subject.see("spec", "replicas"), 1)


def count(subject: Subject, member: str) -> int:
    """Return one of the counts in its status."""
    return as_int(subject.see("status", member))


def lacking(subject: Subject, least: int, *checks: tuple[str, str]) -> Readiness | None:
    """Say of which replicas there are too few.

    Args:
        subject: the object.
        least: how many there have to be.
        checks: a member of the status, and what is counted there.

    Returns:
        The first that falls short, or None.
    """
    for member, word in checks:
        have = count(subject, member)
        if have < least:
            return in_progress("Replicas", f"{have} of {least} replicas {word}")
    return None


def surplus(subject: Subject, most: int) -> Readiness | None:
    """Say how many replicas are still to end."""
    extra = count(subject, "replicas") - most
    return in_progress("Replicas", f"{extra} old replicas still to end") if extra > 0 else None


def cannot_create(subject: Subject) -> Readiness | None:
    """Say that its pods cannot be created; a failure when that lasts."""
    found = condition(subject.body, "ReplicaFailure")
    if not found:
        return None
    reason, message = found.reason or "ReplicaFailure", found.message or "its pods cannot be created"
    lasts = subject.lasted(REPLICA_FAILURE_GRACE_SECONDS, subject.created, found.since)
    return (failed if lasts else in_progress)(reason, message)
