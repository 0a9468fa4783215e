"""What it means that an object which was waited for is not there any more."""

from __future__ import annotations

from brokkr_core.apply.readiness.jobs import decided, job
from brokkr_core.apply.readiness.state import Readiness, failed, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import JsonObject, as_int
from brokkr_core.model.kinds import JOB
from brokkr_core.model.ref import ref_of

GONE = failed("Gone", "somebody deleted it after it was applied")


def gone(last: JsonObject) -> Readiness:
    """Judge an object that has vanished.

    Args:
        last: the object as it was seen last.

    Returns:
        Failed, except for a Job: it goes by itself when it is over (``ttlSecondsAfterFinished``).
    """
    if ref_of(last).group_kind != JOB:
        return GONE
    if decided(Subject(body=last)):
        return job(Subject(body=last))
    if _goes_by_itself(last):
        return ready_but("Expired", "the Job is over and was removed after its time to live")
    return GONE


def _goes_by_itself(body: JsonObject) -> bool:
    return as_int(Subject(body=body).see("spec", "ttlSecondsAfterFinished"), -1) >= 0
