"""Pod: Ready or ended well; failed when a container will not start or no node takes it (kstatus and Argo CD)."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.apply.readiness.policy import ALONE, PodPatience
from brokkr_core.apply.readiness.state import READY, Readiness, failed, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.apply.readiness.times import moment
from brokkr_core.model.json import Json, as_int, as_list, as_text, dig
from brokkr_core.model.wire import READY_WHEN, ReadyWhen

#: Why a container waits that will not start unless something changes.
STUCK = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"}
    | {"CreateContainerError", "RunContainerError"}
)

#: Why a container waits that has run and ended too often.
CRASHES = "CrashLoopBackOff"

_LISTS = ("initContainerStatuses", "containerStatuses")


def pod(subject: Subject) -> Readiness:
    """Judge a Pod; one that is declared to run once is ready when it has ended, and how is not asked."""
    phase = as_text(subject.see("status", "phase"))
    run_once = subject.see("metadata", "annotations", READY_WHEN) == ReadyWhen.ENDED
    if phase == "Failed":
        why = _ended(subject)
        return (
            ready_but("PodFailed", f"it has ended, and was meant to: {why}") if run_once else failed("PodFailed", why)
        )
    if phase == "Succeeded" or (condition(subject.body, "Ready") and not run_once):
        return READY
    what = "has not ended" if run_once else "is not Ready"
    waits = in_progress(phase or "Pending", f"the Pod is {phase or 'Pending'} and {what}")
    return trouble(subject, ALONE) or waits


def trouble(subject: Subject, patience: PodPatience) -> Readiness | None:
    """Say what keeps a Pod that is not ready from becoming so, if it tells.

    Args:
        subject: the Pod.
        patience: how much of it is no failure yet.

    Returns:
        Failed, or in progress as long as the patience lasts; None when there is nothing to say.
    """
    return _unschedulable(subject, patience) or _container(subject, patience)


def _ended(subject: Subject) -> str:
    said = as_text(subject.see("status", "message")) or as_text(subject.see("status", "reason"))
    for entry in _containers(subject):
        code = dig(entry, "state", "terminated", "exitCode")
        if not said and isinstance(code, int) and code:
            said = f"container {as_text(dig(entry, 'name'))} ended with code {code}"
    return said or "the Pod failed"


def _unschedulable(subject: Subject, patience: PodPatience) -> Readiness | None:
    found = condition(subject.body, "PodScheduled")
    if not found.false or found.reason != "Unschedulable":
        return None
    lasts = subject.lasted(patience.unschedulable_seconds, subject.created)
    return (failed if lasts else in_progress)(found.reason, found.message or "no node can take it")


def _container(subject: Subject, patience: PodPatience) -> Readiness | None:
    """Judge by the containers that wait, init containers and sidecars first; a failure outweighs a wait."""
    waiting: Readiness | None = None
    for entry in _containers(subject):
        reason = as_text(dig(entry, "state", "waiting", "reason"))
        if not reason:
            continue
        text = _said(entry, reason)
        if reason == CRASHES and as_int(dig(entry, "restartCount")) >= patience.crash_restarts:
            return failed(reason, text)
        if reason in STUCK and _stuck_for(patience.start_seconds, subject):
            return failed(reason, text)
        waiting = waiting or in_progress(reason, text)
    return waiting


def _said(entry: Json, reason: str) -> str:
    more = as_text(dig(entry, "state", "waiting", "message"))
    return f"container {as_text(dig(entry, 'name'))} waits: {reason}{f': {more}' if more else ''}"


def _stuck_for(seconds: float, subject: Subject) -> bool:
    """A waiting container says not since when, so the latest change of the Pod's conditions has to do."""
    changes = [moment(dig(entry, "lastTransitionTime")) for entry in as_list(subject.see("status", "conditions"))]
    return subject.lasted(seconds, subject.created, moment(subject.see("status", "startTime")), *changes)


def _containers(subject: Subject) -> Iterator[Json]:
    for name in _LISTS:
        yield from as_list(subject.see("status", name))
