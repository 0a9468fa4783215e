"""What an apply would do to one object, as far as it is known before the first write."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from brokkr_core.apply.resolve import bundle_definitions
from brokkr_core.model.conflict import Conflict
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import GroupKind, ObjectRef

NAMESPACE = GroupKind(group="", kind="Namespace")


@frozen(kw_only=True)
class Forecast:
    """What an apply would do to one object.

    ``live`` is what stands there: the whole object, or its metadata where it is unchanged and no more was read.
    """

    manifest: Manifest
    action: Action
    checked: bool = True  #: whether the server, or a proof, has said so; else it is a guess
    arriving: bool = False  #: its namespace or kind comes with the same bundle
    ready: bool = False  #: unchanged, and known to be ready without another look
    changed: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    live: JsonObject | None = field(default=None, repr=False)
    whole: bool = True  #: whether ``live`` is the whole object
    refusal: Outcome | None = None

    def outcome(self) -> Outcome:
        """Return the forecast as the outcome of a dry run."""
        if self.refusal is not None:
            return self.refusal
        note = "" if self.checked else "its namespace or kind comes with this bundle; the server was not asked"
        return Outcome(
            ref=self.manifest.ref,
            action=self.action,
            changed=self.changed,
            conflicts=self.conflicts,
            message=note,
            origin=self.manifest.origin,
        )


@frozen(kw_only=True)
class Coming:
    """What the bundle itself brings, so that the server cannot be asked about objects that need it yet."""

    namespaces: frozenset[str] = frozenset()
    kinds: frozenset[GroupKind] = frozenset()

    @classmethod
    def of(cls, forecasts: Iterable[Forecast]) -> Coming:
        """Read it from what is forecast for namespaces and definitions."""
        moving = [one.manifest for one in forecasts if one.action is not Action.UNCHANGED]
        new = {one.manifest.ref.name for one in forecasts if one.action is Action.CREATED}
        spaces = {m.ref.name for m in moving if m.ref.group_kind == NAMESPACE and m.ref.name in new}
        return cls(namespaces=frozenset(spaces), kinds=frozenset(bundle_definitions(moving)))

    def holds(self, ref: ObjectRef) -> bool:
        """Whether an object lives in a coming namespace or is of a coming or changing kind."""
        return ref.namespace in self.namespaces or ref.group_kind in self.kinds
