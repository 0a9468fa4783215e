"""What an apply would do to one object, as far as it is known before the first write."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from brokkr_core.apply.difference.changes import changes
from brokkr_core.apply.difference.paths import below
from brokkr_core.apply.difference.sealing import Sealer
from brokkr_core.apply.recorder import Foreseen
from brokkr_core.apply.resolve import bundle_definitions
from brokkr_core.model.change import Change
from brokkr_core.model.conflict import Conflict
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import NAMESPACE
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import GroupKind, ObjectRef
from brokkr_core.model.reversibility import Classed


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
    would: JsonObject | None = field(default=None, repr=False)  #: what the server says a changed object would be
    classed: Classed = field(factory=Classed)  #: how far it could be taken back
    refusal: Outcome | None = None

    def outcome(self, sealer: Sealer | None = None) -> Outcome:
        """Return the forecast as the outcome of a dry run, with its field diff when there is a sealer for it."""
        if self.refusal is not None:
            return self.refusal
        note = "" if self.checked else "its namespace or kind comes with this bundle; the server was not asked"
        return Outcome(
            ref=self.manifest.ref,
            action=self.action,
            changed=self.changed,
            changes=self._changes(sealer) if sealer else (),
            conflicts=self.conflicts,
            classed=self.classed,
            message=note,
            origin=self.manifest.origin,
        )

    @property
    def writes(self) -> bool:
        """Whether it will be written, as far as it is known; what is proven unchanged is left alone."""
        return not (self.checked and self.action is Action.UNCHANGED and self.live is not None)

    def foreseen(self) -> Foreseen:
        """Return what a recorder keeps of it before the first write."""
        return Foreseen(
            ref=self.manifest.ref, live=self.live, would=self.would, reversibility=self.classed.reversibility
        )

    @property
    def moves_its_spec(self) -> bool:
        """Whether more than metadata would change, as far as it is known."""
        known = self.checked and self.action is Action.CONFIGURED and self.would is not None
        return not known or any(not below(path, "metadata") for path in self.changed)

    def _changes(self, sealer: Sealer) -> tuple[Change, ...]:
        if self.action is Action.CREATED:
            return changes(None, self.manifest.body, sealer)
        return changes(self.live, self.would, sealer) if self.would is not None else ()


@frozen(kw_only=True)
class Coming:
    """What the bundle itself brings, so that the server cannot be asked about objects that need it yet."""

    namespaces: frozenset[str] = frozenset()
    kinds: frozenset[GroupKind] = frozenset()

    @classmethod
    def of(cls, forecasts: Iterable[Forecast]) -> Coming:
        """Read it from what is forecast for namespaces and definitions.

        A definition of which only metadata changes leaves its kind as it is.
        """
        moving = [one.manifest for one in forecasts if one.action is not Action.UNCHANGED and one.moves_its_spec]
        new = {one.manifest.ref.name for one in forecasts if one.action is Action.CREATED}
        spaces = {m.ref.name for m in moving if m.ref.group_kind == NAMESPACE and m.ref.name in new}
        return cls(namespaces=frozenset(spaces), kinds=frozenset(bundle_definitions(moving)))

    def holds(self, ref: ObjectRef) -> bool:
        """Whether an object lives in a coming namespace or is of a coming or changing kind."""
        return ref.namespace in self.namespaces or ref.group_kind in self.kinds
