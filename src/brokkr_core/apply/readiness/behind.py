"""What stands behind a workload that is not ready: which of its pods keeps it waiting, and whether that is a failure.

A controller says only how many pods are ready; why the others are not, only they tell. A pod that is merely slow is
named and is no failure, and neither is one that was there before the run.
"""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.apply.readiness.household import CONTROLLERS, TELLING, Household, lacks_pods
from brokkr_core.apply.readiness.pods import trouble
from brokkr_core.apply.readiness.policy import PodPatience, endless
from brokkr_core.apply.readiness.replicas import REPLICA_FAILURE_GRACE_SECONDS, cannot_create
from brokkr_core.apply.readiness.state import Readiness, State, failed, in_progress
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.errors import cut
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.kinds import JOB
from brokkr_core.model.ref import ref_of


def behind(subject: Subject, verdict: Readiness) -> Readiness:
    """Explain why a workload is not ready, by what it has made.

    Args:
        subject: the workload.
        verdict: what its own status says.

    Returns:
        The same verdict with the trouble of a pod in its message, or failed when that trouble will not pass by
        itself. Without a household of this very generation, and for anything that is not in progress, the verdict.
    """
    found = subject.facts.household
    kind = ref_of(subject.body).group_kind
    if verdict.state is not State.IN_PROGRESS or found is None or kind not in CONTROLLERS:
        return verdict
    if found.generation != subject.see("metadata", "generation"):
        return verdict
    # A Job counts crashes by itself, and ends when there were too many (``backoffLimit``).
    patience = endless(subject.policy.pods) if kind == JOB else subject.policy.pods
    told = [one for one in (_denied(subject, found), *_of_pods(found, patience)) if one is not None]
    if not told:
        return verdict
    worst = next((one for one in told if one.state is State.FAILED), told[0])
    first = "" if worst.reason == verdict.reason else f"{verdict}: "  # a Deployment repeats what its ReplicaSet says
    more = f"; and {len(told) - 1} more" if len(told) > 1 else ""
    return evolve(worst, reason=worst.reason or verdict.reason, message=f"{first}{cut(str(worst))}{more}")


def _denied(subject: Subject, found: Household) -> Readiness | None:
    """Say that pods cannot be created: by a condition where the controller writes one, or by Events."""
    if found.replica_set is not None:
        told = cannot_create(Subject(body=found.replica_set, now=found.at))
        since = condition(found.replica_set, "ReplicaFailure").since
        return told and _of_the_run(evolve(told, message=f"{_title(found.replica_set)}: {told}"), since, found)
    if ref_of(subject.body).group_kind in TELLING or found.denial is None or not lacks_pods(subject.body):
        return None
    denial = found.denial
    lasted = (denial.last - denial.first).total_seconds() > REPLICA_FAILURE_GRACE_SECONDS
    told = (failed if lasted else in_progress)("FailedCreate", denial.message or "pods cannot be created")
    return _of_the_run(told, denial.first, found)


def _of_pods(found: Household, patience: PodPatience) -> list[Readiness]:
    told = (_of_pod(pod, found, patience) for pod in found.pods)
    return [one for one in told if one is not None]


def _of_pod(pod: JsonObject, found: Household, patience: PodPatience) -> Readiness | None:
    """Judge one pod at the time it was seen; one that is going, or has ended, is its controller's to replace."""
    subject = Subject(body=pod, now=found.at)
    if subject.see("metadata", "deletionTimestamp") is not None:
        return None
    if as_text(subject.see("status", "phase")) in ("Failed", "Succeeded") or condition(subject.body, "Ready"):
        return None
    told = trouble(subject, patience) or in_progress("", f"is {as_text(subject.see('status', 'phase')) or 'Pending'}")
    return _of_the_run(evolve(told, message=f"{_title(pod)}: {told}"), subject.created, found)


def _of_the_run(told: Readiness, began: datetime | None, found: Household) -> Readiness:
    """What began before the run is told and not counted as failed; objects tell their time in whole seconds."""
    earlier = began is not None and began < found.since.replace(microsecond=0)
    return evolve(told, state=State.IN_PROGRESS) if earlier else told


def _title(body: JsonObject) -> str:
    return f"{as_text(dig(body, 'kind'))} {as_text(dig(body, 'metadata', 'name'))}"
