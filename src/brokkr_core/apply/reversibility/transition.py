"""What a rule looks at: one object on its way from what stands there to what would. Pure."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.model.json import Json, JsonObject, as_text, dig, text_map
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import GroupKind
from brokkr_core.model.wire import IDEMPOTENT


@frozen(kw_only=True)
class Transition:
    """One change. ``before`` is empty for what does not exist yet.

    ``after`` is what the server says would stand there, else what can be said without it: the manifest, laid over
    what stands there unless that is deleted first.
    """

    kind: GroupKind
    action: Action
    before: JsonObject = field(repr=False)
    after: JsonObject = field(repr=False)
    changed: tuple[str, ...] = ()

    @property
    def created(self) -> bool:
        """Whether nothing of that name stands there."""
        return self.action is Action.CREATED

    @property
    def recreated(self) -> bool:
        """Whether what stands there is deleted first."""
        return self.action is Action.RECREATED

    @property
    def updated(self) -> bool:
        """Whether what stands there stays and is changed."""
        return self.action is Action.CONFIGURED

    @property
    def declared(self) -> str:
        """What the object itself says of being run again: the value of ``brokkr.io/idempotent``, else empty."""
        return text_map(dig(self.after, "metadata", "annotations")).get(IDEMPOTENT, "")

    def moves(self, path: str) -> bool:
        """Whether a field, given as a dotted path, has another value than before. Paths of plain names only."""
        return self.old(path) != self.new(path)

    def old(self, path: str) -> Json:
        """Return what stands at a dotted path."""
        return dig(self.before, *path.split("."))

    def new(self, path: str) -> Json:
        """Return what would stand at a dotted path."""
        return dig(self.after, *path.split("."))

    def old_text(self, path: str, default: str = "") -> str:
        """Return the text that stands at a dotted path, or what the server takes where there is none."""
        return as_text(self.old(path)) or default

    def new_text(self, path: str, default: str = "") -> str:
        """Return the text that would stand at a dotted path, or what the server takes where there is none."""
        return as_text(self.new(path)) or default


def laid_over(below: JsonObject, above: JsonObject) -> JsonObject:
    """Lay one object over another, member by member; a list replaces what is below it."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged
