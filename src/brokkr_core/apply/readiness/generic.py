"""The rules for any kind (kstatus ``status.go`` and ``generic.go``): deletion, generation, and three conditions."""

from __future__ import annotations

from brokkr_core.apply.readiness.conditions import condition, first_true, outdated, whole
from brokkr_core.apply.readiness.state import READY, Readiness, failed, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_list, as_object, as_text

#: How long the controller of a custom resource may take to write its first status.
STATUS_GRACE_SECONDS = 30.0

#: The API groups under ``k8s.io`` that come with Kubernetes itself; other groups with a dot are somebody's own.
_BUILT_IN = frozenset(
    {"admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization", "certificates"}
    | {"coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver", "networking", "node"}
    | {"rbac.authorization", "resource", "scheduling", "storage", "storagemigration"}
)

#: What a Namespace says about why it does not go away.
_REMAINING = ("NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure")


def terminating(subject: Subject) -> Readiness | None:
    """Say that an object is being deleted, and what holds it."""
    if subject.see("metadata", "deletionTimestamp") is None:
        return None
    return in_progress("Terminating", f"is being deleted{what_is_left(subject)}")


def what_is_left(subject: Subject) -> str:
    """Name the finalizers of an object, and what a Namespace says it still holds."""
    names = [as_text(name) for name in as_list(subject.see("metadata", "finalizers"))]
    said = [f"; finalizers left: {', '.join(names)}"] if names else []
    found = (condition(subject.body, kind) for kind in _REMAINING)
    return "".join(said + [f"; {one.message or one.reason}" for one in found if one])


def not_observed(subject: Subject, *, required: bool) -> Readiness | None:
    """Say that the status is not about what was written last.

    Args:
        subject: the object.
        required: whether a status without ``observedGeneration`` says nothing at all.

    Returns:
        In progress, or None when the status may be believed.
    """
    generation = whole(subject.see("metadata", "generation"))
    observed = whole(subject.see("status", "observedGeneration"))
    if observed is None and required:
        return in_progress("NotObserved", "its controller has not seen it yet")
    if None not in (generation, observed) and generation != observed:
        return in_progress("NotObserved", f"its controller is at generation {observed} of {generation}")
    late = outdated(subject.body)
    return in_progress("NotObserved", f"its condition {late} is of another generation") if late else None


def undecided(subject: Subject) -> Readiness | None:
    """Believe ``Reconciling`` or ``Stalled``, whichever is true and comes first."""
    name, found = first_true(subject.body, "Reconciling", "Stalled")
    if not name:
        return None
    verdict = failed if name == "Stalled" else in_progress
    return verdict(found.reason or name, found.message or f"its condition {name} is true")


def by_conditions(subject: Subject) -> Readiness:
    """Judge a kind without a rule of its own by its ``Ready`` condition, if it has one."""
    found = condition(subject.body, "Ready")
    if found:
        return READY
    if found.status:
        return in_progress(found.reason or "NotReady", found.message or "its Ready condition is not true")
    return READY if as_object(subject.see("status")) else _without_status(subject)


def _without_status(subject: Subject) -> Readiness:
    """A custom resource that could have a status and has none was not looked at by anybody yet."""
    if subject.facts.status_subresource is not True or not _custom(subject):
        return READY
    if subject.lasted(STATUS_GRACE_SECONDS, subject.created):
        return ready_but("NoStatus", f"no controller gave it a status in {STATUS_GRACE_SECONDS:.0f} s")
    return in_progress("NotObserved", "no controller has given it a status yet")


def _custom(subject: Subject) -> bool:
    group = as_text(subject.see("apiVersion")).rpartition("/")[0]
    return "." in group and not (group.endswith(".k8s.io") and group.removesuffix(".k8s.io") in _BUILT_IN)
