"""What a restore may do, and what it did about one object."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.verdict import ObjectState


class Contested(StrEnum):
    """What becomes of a field that we had changed and somebody else has changed since."""

    KEEP = "keep"  #: it stays as they left it
    TAKE = "take"  #: it goes back to what it was before the run


@frozen(kw_only=True)
class Attempt:
    """What a restore did about one object. ``problem`` and ``kept`` are for the reader; verifying decides."""

    entry: Entry
    contested: tuple[str, ...] = ()  #: paths left to somebody else
    taken: tuple[str, ...] = ()  #: paths taken back from somebody else
    kept: str = ""  #: why the object was left alone on purpose
    problem: str = ""
    blocked: ObjectState = ObjectState.NOT_RESTORED  #: what the problem comes to, if the object is not back
    refused: bool = False  #: the server said no; it may say yes when other objects are back
    pending: bool = False  #: to be tried again after a while
