"""Job and CronJob: complete, and not merely started (kstatus calls a Job current as soon as it has started)."""

from __future__ import annotations

from brokkr_core.apply.readiness.conditions import condition, first_true
from brokkr_core.apply.readiness.state import READY, Readiness, failed, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_int
from brokkr_core.model.wire import READY_WHEN, ReadyWhen


def job(subject: Subject) -> Readiness:
    """Judge a Job; its end is known as soon as it is decided, before its last pods are gone (KEP-3998)."""
    name, found = first_true(subject.body, "Failed", "FailureTarget")
    if name:
        return failed(found.reason or name, found.message or "the Job failed")
    name, _ = first_true(subject.body, "Complete", "SuccessCriteriaMet")
    if name:
        return READY
    if subject.see("spec", "suspend") is True:
        return ready_but("Suspended", "the Job is suspended: nothing runs until somebody resumes it")
    active = as_int(subject.see("status", "active"))
    if subject.see("status", "startTime") is None and not active:
        return in_progress("NotStarted", "the Job has not started")
    running = f"the Job has {active} active pods and is not complete"
    if subject.see("metadata", "annotations", READY_WHEN) == ReadyWhen.STARTED:
        return ready_but("Started", running)
    return in_progress("Running", running)


def cron_job(subject: Subject) -> Readiness:
    """Judge a CronJob: it is ready as soon as it exists."""
    if subject.see("spec", "suspend") is True:
        return ready_but("Suspended", "the CronJob is suspended: it starts no Jobs until somebody resumes it")
    return READY


def decided(subject: Subject) -> bool:
    """Whether a Job has come to its end, good or bad."""
    return any(condition(subject.body, name) for name in ("Complete", "SuccessCriteriaMet", "Failed", "FailureTarget"))
