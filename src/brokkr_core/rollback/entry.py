"""One write of a run, as it is recorded."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.reversibility import Reversibility


@frozen(kw_only=True)
class Entry:
    """One write: the object before it, and after it once the answer came.

    ``after`` is None while nobody knows whether the write happened; ``created`` is the server's word (201);
    ``bounded`` means that somebody else may have written between ``before`` and ``after``.
    """

    ref: ObjectRef
    before: JsonObject | None = field(repr=False)
    after: JsonObject | None = field(default=None, repr=False)
    created: bool = False
    bounded: bool = False
    deleted: bool = False  #: we deleted ``before`` to create it anew
    refused: bool = False  #: the server refused, so nothing that happened to the object is our doing
    reversibility: Reversibility = Reversibility.EXACT  #: as classed before the run
