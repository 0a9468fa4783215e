"""StatefulSet and DaemonSet (kstatus ``core.go``)."""

from __future__ import annotations

from brokkr_core.apply.readiness.replicas import count, lacking, surplus, wanted
from brokkr_core.apply.readiness.state import READY, Readiness, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_int, as_text


def stateful_set(subject: Subject) -> Readiness:
    """Judge a StatefulSet: all replicas there and ready, and all of the newest revision or up to the partition."""
    want = wanted(subject)
    if _by_hand(subject):
        updated = f"{count(subject, 'updatedReplicas')} of {want}"
        return ready_but("OnDelete", f"{updated} replicas updated; the others wait for somebody to delete their pods")
    missing = lacking(subject, want, ("replicas", "created"), ("readyReplicas", "ready")) or surplus(subject, want)
    if missing is not None:
        return missing
    partition = as_int(subject.see("spec", "updateStrategy", "rollingUpdate", "partition"))
    if partition > 0:
        held = ready_but("Partitioned", f"the replicas below its partition {partition} keep the revision they have")
        return lacking(subject, want - partition, ("updatedReplicas", "updated")) or held
    missing = lacking(subject, want, ("updatedReplicas", "updated"), ("currentReplicas", "of the current revision"))
    return missing or _revision(subject) or READY


def daemon_set(subject: Subject) -> Readiness:
    """Judge a DaemonSet: a pod of the newest template, available and ready, on every node it wants."""
    if _by_hand(subject):
        return ready_but("OnDelete", "its pods are replaced when somebody deletes them")
    if subject.see("status", "desiredNumberScheduled") is None:
        return in_progress("NotObserved", "its controller has not counted the nodes yet")
    want = count(subject, "desiredNumberScheduled")
    checks = (
        ("currentNumberScheduled", "scheduled"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    )
    if want == 0:
        return ready_but("NoMatchingNodes", "no node matches it, so it runs nowhere")
    return lacking(subject, want, *checks) or READY


def _by_hand(subject: Subject) -> bool:
    return subject.see("spec", "updateStrategy", "type") == "OnDelete"


def _revision(subject: Subject) -> Readiness | None:
    current = as_text(subject.see("status", "currentRevision"))
    update = as_text(subject.see("status", "updateRevision"))
    if current == update:
        return None
    return in_progress("Revision", f"it is still changing from revision {current} to {update}")
