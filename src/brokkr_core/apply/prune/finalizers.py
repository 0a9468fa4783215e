"""Who holds an object that does not go away. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.errors import cut
from brokkr_core.model.json import JsonObject, as_list, as_object, as_text, dig

#: What Kubernetes' own finalizers wait for.
_MEANING = {
    "batch.kubernetes.io/job-tracking": "the Job controller has not counted it yet",
    "customresourcecleanup.apiextensions.k8s.io": "objects of its kind are still there",
    "foregroundDeletion": "objects that it owns are still there",
    "kubernetes": "objects in it are still there",
    "kubernetes.io/pv-protection": "a claim is still bound to it",
    "kubernetes.io/pvc-protection": "a pod still uses it",
    "kubernetes.io/vac-protection": "a volume or a claim still uses it",
    "networking.k8s.io/service-cidr-finalizer": "Services still have addresses of it",
    "orphan": "the garbage collector has not let its dependents go yet",
    "resource.kubernetes.io/delete-protection": "a pod still uses it",
    "service.kubernetes.io/load-balancer-cleanup": "the cloud has not taken its load balancer down yet",
}


def held_by(body: JsonObject) -> str:
    """Say what keeps an object from going.

    Args:
        body: the object as it stands; the metadata is enough, but a Namespace and a CustomResourceDefinition have
            more to tell in their status.

    Returns:
        Every finalizer with what it waits for or who put it there, then the conditions of the deletion.
    """
    finalizers = [*as_list(dig(body, "metadata", "finalizers")), *as_list(dig(body, "spec", "finalizers"))]
    named = [_named(body, as_text(one)) for one in finalizers if isinstance(one, str)]
    lines = [f"finalizers: {', '.join(named) or 'none'}", *_conditions(body)]
    grace = dig(body, "metadata", "deletionGracePeriodSeconds")
    if not named and isinstance(grace, int) and grace:
        lines.append(f"it has {grace} s of grace")
    return "; ".join(lines)


def is_well_known(finalizer: str) -> bool:
    """Tell whether a finalizer is one of Kubernetes' own, which its controllers take off again by themselves."""
    return finalizer in _MEANING


def _named(body: JsonObject, finalizer: str) -> str:
    meaning = _MEANING.get(finalizer)
    if meaning:
        return f"{finalizer} ({meaning})"
    setters = ", ".join(dict.fromkeys(_setters(body, finalizer)))
    return f"{finalizer} (set by {setters})" if setters else finalizer


def _setters(body: JsonObject, finalizer: str) -> Iterator[str]:
    for entry in as_list(dig(body, "metadata", "managedFields")):
        owned = as_object(dig(entry, "fieldsV1", "f:metadata", "f:finalizers"))
        if f'v:"{finalizer}"' in owned:
            yield as_text(dig(entry, "manager"))


def _conditions(body: JsonObject) -> Iterator[str]:
    """Quote what the controllers of namespaces and definitions say of a deletion that does not end."""
    for one in as_list(dig(body, "status", "conditions")):
        kind, message = as_text(dig(one, "type")), as_text(dig(one, "message"))
        if dig(one, "status") == "True" and kind.startswith(("Namespace", "Terminating")) and message:
            yield f"{kind}: {cut(message)}"
