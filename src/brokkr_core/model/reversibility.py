"""How far a change can be taken back through the API (design 5.3(1))."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from brokkr_core.model.json import JsonObject


class Reversibility(StrEnum):
    """What is left of a change after its undoing, from nothing to everything."""

    EXACT = "exact"  #: values, identity and owners can be as before
    VALUE_ONLY = "value-only"  #: values can be as before; owners or something that values do not show cannot
    IDENTITY_LOSS = "identity-loss"  #: only by deleting and creating anew: another uid, perhaps another address
    IRREVERSIBLE = "irreversible"  #: not through the API at all


@frozen(kw_only=True)
class Classed:
    """The class of one change, and what keeps it from being exact: field paths and fixed texts, never values."""

    reversibility: Reversibility = Reversibility.EXACT
    rules: tuple[str, ...] = ()  #: names of the rules that decided
    reason: str = ""
    paths: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether nothing of the change would be left."""
        return self.reversibility is Reversibility.EXACT

    def __str__(self) -> str:
        where = f" at {', '.join(self.paths)}" if self.paths else ""
        return f"{self.reversibility}{where}" + (f": {self.reason}" if self.reason else "")

    def to_json(self) -> JsonObject:
        """Return the class as JSON."""
        return {
            "class": str(self.reversibility),
            "rules": list(self.rules),
            "reason": self.reason,
            "paths": list(self.paths),
        }
