"""How a trail is kept."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Fsync(StrEnum):
    """When a record is on the disk."""

    ALWAYS = "always"  #: each before the next one is written
    BATCH = "batch"  #: an intent before its request leaves; those that come together share one wait for the disk
    OFF = "off"  #: when the system gets to it: a crash of the process loses nothing, one of the machine may


class OnFailure(StrEnum):
    """What becomes of a change whose intent cannot be written."""

    BLOCK = "block"  #: it is refused
    CONTINUE = "continue"  #: it is made, and the missing record is counted and logged


@frozen(kw_only=True)
class Policy:
    """How a trail is kept."""

    fsync: Fsync = Fsync.BATCH
    on_failure: OnFailure = OnFailure.BLOCK
    segment_bytes: int = 16 * 1024 * 1024
    segments_kept: int = 64  #: the one that is written to included; 0 keeps all of them
