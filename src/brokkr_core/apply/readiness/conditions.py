"""Read the conditions of an object's status. Pure."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from brokkr_core.apply.readiness.times import moment
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig

#: The conditions that decide about any kind.
TELLING = frozenset({"Ready", "Reconciling", "Stalled"})


@frozen(kw_only=True)
class Condition:
    """One condition; empty texts when it is missing. It is true when its status says so."""

    status: str = ""
    reason: str = ""
    message: str = ""
    since: datetime | None = None  #: of its last change of status

    def __bool__(self) -> bool:
        return self.status == "True"

    @property
    def false(self) -> bool:
        """Whether it says no, which is not the same as saying nothing."""
        return self.status == "False"


MISSING = Condition()


def condition(body: JsonObject, name: str) -> Condition:
    """Return the first condition of a type."""
    for entry in as_list(dig(body, "status", "conditions")):
        if dig(entry, "type") == name:
            return _read(entry)
    return MISSING


def first_true(body: JsonObject, *names: str) -> tuple[str, Condition]:
    """Return whichever of some conditions is true and stands first in the object's own list, with its type."""
    for entry in as_list(dig(body, "status", "conditions")):
        if as_text(dig(entry, "type")) in names and dig(entry, "status") == "True":
            return as_text(dig(entry, "type")), _read(entry)
    return "", MISSING


def outdated(body: JsonObject) -> str:
    """Name a telling condition that says itself that it speaks of another generation (``metav1.Condition``).

    Args:
        body: the object as read.

    Returns:
        The type of the first such condition, or the empty text.
    """
    generation = whole(dig(body, "metadata", "generation"))
    for entry in as_list(dig(body, "status", "conditions")):
        kind, observed = as_text(dig(entry, "type")), whole(dig(entry, "observedGeneration"))
        if kind in TELLING and None not in (observed, generation) and observed != generation:
            return kind
    return ""


def whole(value: Json) -> int | None:
    """Return a whole number, or None; a generation that is written as text is no answer (helm issue 32615)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read(entry: Json) -> Condition:
    return Condition(
        status=as_text(dig(entry, "status")),
        reason=as_text(dig(entry, "reason")),
        message=as_text(dig(entry, "message")),
        since=moment(dig(entry, "lastTransitionTime")),
    )
