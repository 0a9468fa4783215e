"""A field that somebody else owns with another value."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from brokkr_core.model.json import JsonObject


class Conflicts(StrEnum):
    """What to do about a field that another manager owns with another value."""

    FAIL = "fail"  #: leave it and report field, manager, operation and time; the library's default
    TAKE = "take"  #: take it, as upstream's agent does; the agent's default
    YIELD = "yield"  #: leave this field to its owner and apply the rest


@frozen(kw_only=True)
class Conflict:
    """One conflict of a server-side apply, without either value.

    ``path`` is written as the API server writes it, such as ``.spec.template.spec.containers[name="web"].image``.
    """

    path: str
    manager: str
    operation: str = ""  #: ``Apply`` or ``Update``; empty when the owner was gone before it could be looked up
    subresource: str = ""
    time: str = ""  #: when the owner last wrote (RFC 3339)
    decision: Conflicts = Conflicts.FAIL

    def __str__(self) -> str:
        through = f" through {self.subresource}" if self.subresource else ""
        how = f" ({self.operation}{through}{', ' if self.time else ''}{self.time})" if self.operation else ""
        return f"{self.path}: owned by {self.manager!r}{how}"

    def to_json(self) -> JsonObject:
        """Return the conflict as JSON, empty members left out."""
        values: JsonObject = {
            "path": self.path,
            "manager": self.manager,
            "operation": self.operation,
            "subresource": self.subresource,
            "time": self.time,
            "decision": str(self.decision),
        }
        return {key: value for key, value in values.items() if value}
