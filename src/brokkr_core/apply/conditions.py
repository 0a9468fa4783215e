"""Read the conditions of an object's status. Pure."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_int, as_list, as_text, dig

#: The conditions that decide about any kind.
TELLING = frozenset({"Ready", "Reconciling", "Stalled"})


def condition(body: JsonObject, name: str) -> tuple[str, str, str]:
    """Return status, reason and message of a condition; empty texts when it is missing."""
    for entry in as_list(dig(body, "status", "conditions")):
        if dig(entry, "type") == name:
            return (
                as_text(dig(entry, "status")),
                as_text(dig(entry, "reason")),
                as_text(dig(entry, "message")),
            )
    return "", "", ""


def outdated(body: JsonObject) -> str:
    """Name a telling condition that says itself that it speaks of an earlier generation (``metav1.Condition``).

    Args:
        body: the object as read.

    Returns:
        The type of the first such condition, or the empty text.
    """
    generation = as_int(dig(body, "metadata", "generation"))
    for entry in as_list(dig(body, "status", "conditions")):
        kind, observed = as_text(dig(entry, "type")), dig(entry, "observedGeneration")
        if kind in TELLING and isinstance(observed, int) and observed < generation:
            return kind
    return ""
