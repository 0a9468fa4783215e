"""Deployment, ReplicaSet and ReplicationController (kstatus ``core.go``)."""

from __future__ import annotations

from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.apply.readiness.replicas import cannot_create, lacking, surplus, wanted
from brokkr_core.apply.readiness.state import READY, Readiness, failed, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_int

#: A progress deadline that means "none" (apps/v1 ``progressDeadlineSeconds``).
_NO_DEADLINE = 2**31 - 1


def deployment(subject: Subject) -> Readiness:
    """Judge a Deployment: updated, without old pods, available, and progressed."""
    progressing = condition(subject.body, "Progressing")
    if progressing.reason == "ProgressDeadlineExceeded":
        return failed(progressing.reason, progressing.message or "no progress within its progress deadline")
    if subject.see("spec", "paused") is True:
        return ready_but("Paused", "its rollout is paused: nothing is rolled out until somebody resumes it")
    missing = _rollout(subject)
    if missing is not None:
        return _with_cause(subject, missing)
    if _has_deadline(subject) and not (progressing and progressing.reason == "NewReplicaSetAvailable"):
        return in_progress(progressing.reason or "Progressing", progressing.message or "its rollout is not complete")
    available = condition(subject.body, "Available")
    if not available:
        return in_progress(available.reason or "NotAvailable", available.message or "it is not Available")
    return READY


def replica_set(subject: Subject) -> Readiness:
    """Judge a ReplicaSet or ReplicationController: all replicas there, labelled, available and ready."""
    broken = cannot_create(subject)
    if broken is not None:
        return broken
    checks = (("fullyLabeledReplicas", "labelled"), ("availableReplicas", "available"), ("readyReplicas", "ready"))
    return lacking(subject, wanted(subject), *checks) or surplus(subject, wanted(subject)) or READY


def _rollout(subject: Subject) -> Readiness | None:
    want = wanted(subject)
    return (
        lacking(subject, want, ("replicas", "created"), ("updatedReplicas", "updated"))
        or surplus(subject, want)
        or lacking(subject, want, ("availableReplicas", "available"), ("readyReplicas", "ready"))
    )


def _with_cause(subject: Subject, missing: Readiness) -> Readiness:
    """Add why pods cannot be created; the progress deadline decides when that is a failure."""
    cause = condition(subject.body, "ReplicaFailure")
    if not cause:
        return missing
    return in_progress(cause.reason or "ReplicaFailure", f"{missing}: {cause.message or 'pods cannot be created'}")


def _has_deadline(subject: Subject) -> bool:
    seconds = as_int(subject.see("spec", "progressDeadlineSeconds"), _NO_DEADLINE)
    return seconds != _NO_DEADLINE
