"""The Job controller, scripted: a Job completes after a while, never with a broken image."""

from __future__ import annotations

from functools import partial

from brokkr_core.model.json import Json, JsonObject, as_int, as_object, dig
from brokkr_core.testing.cluster.controllers.writing import alive, is_broken, uid, write_status
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import Key, StorageId
from brokkr_core.testing.cluster.store import Event

JOBS: StorageId = ("batch", "jobs")


def run_jobs(core: Core, event: Event) -> None:
    """Start a Job that has not been started, and see to its end."""
    if event.storage_id != JOBS or event.type == "DELETED":
        return
    job = alive(core, JOBS, event.key, uid(event.body))
    if job is None or dig(job, "status", "startTime"):
        return
    if dig(job, "spec", "suspend") is True:
        suspended = _condition(core, "Suspended", "JobSuspended", "Job suspended")
        if not dig(job, "status", "conditions"):
            write_status(core, JOBS, event.key, {"conditions": [suspended]})
        return
    _start(core, event.key, job)


def _start(core: Core, key: Key, job: JsonObject) -> None:
    active = min(as_int(dig(job, "spec", "parallelism"), 1), _completions(job))
    status: JsonObject = {"startTime": core.now, "active": active, "ready": 0, "terminating": 0}
    write_status(core, JOBS, key, {**status, "uncountedTerminatedPods": {}})
    if not is_broken(core, as_object(dig(job, "spec", "template", "spec"))):
        core.after(core.settings.job_seconds, partial(_complete, core, key, uid(job)))
    deadline = dig(job, "spec", "activeDeadlineSeconds")
    if isinstance(deadline, int):
        core.after(deadline, partial(_fail, core, key, uid(job)))


def _completions(job: JsonObject) -> int:
    return as_int(dig(job, "spec", "completions"), 1)


def _complete(core: Core, key: Key, owner: str) -> None:
    text = "Reached expected number of succeeded pods"
    ends = ("SuccessCriteriaMet", "Complete")
    job = _unfinished(core, key, owner)
    if job is not None:
        conditions: list[Json] = [_condition(core, kind, "CompletionsReached", text) for kind in ends]
        done: JsonObject = {"succeeded": _completions(job), "completionTime": core.now}
        _end(core, key, job, {**done, "conditions": conditions})


def _fail(core: Core, key: Key, owner: str) -> None:
    text = "Job was active longer than specified deadline"
    ends = ("FailureTarget", "Failed")
    job = _unfinished(core, key, owner)
    if job is not None:
        conditions: list[Json] = [_condition(core, kind, "DeadlineExceeded", text) for kind in ends]
        _end(core, key, job, {"failed": 1, "conditions": conditions})


def _unfinished(core: Core, key: Key, owner: str) -> JsonObject | None:
    job = alive(core, JOBS, key, owner)
    return None if job is None or dig(job, "status", "conditions") else job


def _end(core: Core, key: Key, job: JsonObject, result: JsonObject) -> None:
    started: JsonObject = {"startTime": dig(job, "status", "startTime"), "ready": 0, "terminating": 0}
    write_status(core, JOBS, key, {**started, "uncountedTerminatedPods": {}, **result})


def _condition(core: Core, kind: str, reason: str, message: str) -> JsonObject:
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": core.now,
        "lastTransitionTime": core.now,
        "reason": reason,
        "message": message,
    }
