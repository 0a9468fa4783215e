"""Did we create it? What an object itself says when nobody knows whether the answer was 201 or 200. Pure."""

from __future__ import annotations

from datetime import datetime

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig

#: Times of one request may fall into two seconds.
_SAME_REQUEST_SECONDS = 1.0

#: Annotations that controllers put on whatever they look after; owning nothing else makes nobody a creator.
_COUNTERS = frozenset({"f:deployment.kubernetes.io/revision", "f:deprecated.daemonset.template.generation"})


def created_by(body: JsonObject, manager: str) -> bool:
    """Tell whether an object can only have been created by one manager's apply.

    It can when the manager's own entry is as old as the object, and nobody else owns anything that a creator would:
    status and the counters of controllers do not count. Nobody can tell the creation of somebody who has lost every
    field to us within the same second; the time excludes everybody else.

    Args:
        body: the object as it stands.
        manager: the field manager.

    Returns:
        False in case of doubt.
    """
    entries = [entry for entry in as_list(dig(body, "metadata", "managedFields")) if not dig(entry, "subresource")]
    ours = [entry for entry in entries if dig(entry, "manager") == manager and dig(entry, "operation") == "Apply"]
    others = [entry for entry in entries if entry not in ours]
    # Whoever created it with other values than ours has seen its generation move, where its kind has one.
    untouched = dig(body, "metadata", "generation") in (None, 1)
    return untouched and len(ours) == 1 and all(map(_only_counts, others)) and _as_old_as(ours[0], body)


def _only_counts(entry: Json) -> bool:
    """Whether an entry owns nothing but controllers' counters."""
    fields = as_object(dig(entry, "fieldsV1"))
    if fields.keys() != {"f:metadata"} or as_object(fields["f:metadata"]).keys() != {"f:annotations"}:
        return False
    names = as_object(dig(fields, "f:metadata", "f:annotations")).keys() - {"."}
    return names <= _COUNTERS


def _as_old_as(entry: Json, body: JsonObject) -> bool:
    times = as_text(dig(entry, "time")), as_text(dig(body, "metadata", "creationTimestamp"))
    try:
        written, created = (datetime.fromisoformat(text) for text in times)
        return abs((written - created).total_seconds()) <= _SAME_REQUEST_SECONDS
    except (ValueError, TypeError):
        return False
