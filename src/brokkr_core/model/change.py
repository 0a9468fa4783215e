"""One field that differs, in texts that may be shown to anybody."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.model.json import JsonObject

#: How an absent side reads.
ABSENT = "absent"


@frozen(kw_only=True)
class Change:
    """What differs at one path. ``before`` and ``after`` are display texts and never hold a secret; None is absent.

    A text is short JSON, cut where it is long, or ``sealed:`` and a keyed digest: equal digests in one report are
    equal values, and nothing else can be learnt from them.
    """

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        before, after = (ABSENT if side is None else side for side in (self.before, self.after))
        return f"{self.path}: {before} -> {after}"

    def to_json(self) -> JsonObject:
        """Return the change as JSON; an absent side is null."""
        return {"path": self.path, "before": self.before, "after": self.after}
