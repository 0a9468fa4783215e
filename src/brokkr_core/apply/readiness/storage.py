"""PersistentVolumeClaim and PersistentVolume."""

from __future__ import annotations

from brokkr_core.apply.readiness.conditions import first_true
from brokkr_core.apply.readiness.state import READY, Readiness, failed, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_text

#: What a bound claim says while its volume grows.
_RESIZING = ("Resizing", "FileSystemResizePending", "ControllerResizeError", "NodeResizeError", "ModifyingVolume")


def claim(subject: Subject) -> Readiness:
    """Judge a claim: bound, or rightly waiting for the pod that will use it.

    A claim whose StorageClass nobody has looked at may be such a one, and waiting for it would hold up that very pod.
    """
    phase = as_text(subject.see("status", "phase"))
    if phase == "Lost":
        return failed("Lost", "the claim lost its volume")
    if phase == "Bound":
        name, found = first_true(subject.body, *_RESIZING)
        return ready_but(name, found.message or "its volume is being resized") if name else READY
    match subject.facts.binding_mode:
        case "Immediate":
            return in_progress(phase or "Pending", "the claim is not bound to a volume yet")
        case "WaitForFirstConsumer":
            return ready_but("Deferred", "it is bound when the first pod uses it")
    return ready_but("NotBound", "not bound yet; it may wait for the first pod that uses it")


def volume(subject: Subject) -> Readiness:
    """Judge a volume: only its failure is a failure."""
    phase = as_text(subject.see("status", "phase"))
    said = as_text(subject.see("status", "message"))
    if phase == "Failed":
        return failed(as_text(subject.see("status", "reason")) or phase, said or "the volume failed to be reclaimed")
    if phase == "Pending":
        return in_progress(phase, said or "the volume is not available yet")
    if phase == "Released":
        return ready_but(phase, said or "its claim is gone; it is bound again only after somebody cleans it up")
    return READY
