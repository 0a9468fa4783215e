"""Who writes down what is about to change, so that it can be put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import field, frozen

from brokkr_core.kube.client import Applied
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.reversibility import Reversibility


@frozen(kw_only=True)
class Foreseen:
    """A change that the preflight expects: the object as it stands, and as the server says it would be."""

    ref: ObjectRef
    live: JsonObject | None = field(repr=False)
    would: JsonObject | None = field(default=None, repr=False)  #: None where the server could not be asked
    reversibility: Reversibility = Reversibility.EXACT


class Recorder(Protocol):
    """Called around every write, from the thread that writes."""

    def foresee(self, changes: Sequence[Foreseen]) -> None:
        """Keep all changes that are expected, in plan order, before the first write; raising prevents the run."""

    def before(self, ref: ObjectRef, live: JsonObject | None, *, locked: bool = True) -> None:
        """Keep what stands there now. The write leaves only after this returns; raising prevents it.

        ``locked`` says that the write only lands on exactly this version; else somebody may write in between.
        """

    def after(self, ref: ObjectRef, applied: Applied) -> None:
        """Keep what the server made of the write."""

    def deleted(self, ref: ObjectRef) -> None:
        """Keep that we deleted what was recorded, to create it anew. Called before the deletion leaves."""

    def refused(self, ref: ObjectRef) -> None:
        """Keep that the server refused: whatever becomes of the object now is not our doing."""


class NoRecorder:
    """Keep nothing: for runs that are not put back."""

    def foresee(self, changes: Sequence[Foreseen]) -> None:
        """Do nothing."""

    def before(self, ref: ObjectRef, live: JsonObject | None, *, locked: bool = True) -> None:
        """Do nothing."""

    def after(self, ref: ObjectRef, applied: Applied) -> None:
        """Do nothing."""

    def deleted(self, ref: ObjectRef) -> None:
        """Do nothing."""

    def refused(self, ref: ObjectRef) -> None:
        """Do nothing."""
