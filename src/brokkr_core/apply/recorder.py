"""Who writes down what is about to change, so that it can be put back."""

from __future__ import annotations

from typing import Protocol

from brokkr_core.kube.client import Applied
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef


class Recorder(Protocol):
    """Called around every write, from the thread that writes."""

    def before(self, ref: ObjectRef, live: JsonObject | None) -> None:
        """Keep what stands there now. The write leaves only after this returns; raising prevents it."""

    def after(self, ref: ObjectRef, applied: Applied) -> None:
        """Keep what the server made of the write."""

    def deleted(self, ref: ObjectRef) -> None:
        """Keep that we deleted what was recorded, to create it anew. Called before the deletion leaves."""

    def refused(self, ref: ObjectRef) -> None:
        """Keep that the server refused: whatever becomes of the object now is not our doing."""


class NoRecorder:
    """Keep nothing: for runs that are not put back."""

    def before(self, ref: ObjectRef, live: JsonObject | None) -> None:
        """Do nothing."""

    def after(self, ref: ObjectRef, applied: Applied) -> None:
        """Do nothing."""

    def deleted(self, ref: ObjectRef) -> None:
        """Do nothing."""

    def refused(self, ref: ObjectRef) -> None:
        """Do nothing."""
