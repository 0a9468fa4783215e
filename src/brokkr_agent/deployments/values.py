"""What is told of an attempt at a revision while it goes on, and afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ObjectRef


class Phase(StrEnum):
    """What an attempt is at. It only ever goes forward; of an attempt that has ended it says where that was."""

    PLANNING = "planning"  #: the revision is read and put in order
    VALIDATING = "validating"  #: the API server is asked about every object, as a dry run
    APPLYING = "applying"  #: objects are written
    WAITING = "waiting"  #: everything is written, and not everything is ready
    PRUNING = "pruning"  #: what left the stack is deleted
    ROLLING_BACK = "rolling-back"  #: the attempt failed and is put back


class Result(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"  #: nothing was put back, or not all of it; the verdict says more
    ROLLED_BACK = "rolled-back"  #: it failed, and what it had changed is back as far as it is ours
    INTERRUPTED = "interrupted"  #: the agent stopped, or another one took over; whoever is next goes on


class State(StrEnum):
    """What an object of an attempt is at."""

    PENDING = "pending"
    PROGRESSING = "progressing"  #: it is read or written
    WAITING = "waiting"  #: it is written and not ready, or its deletion is asked for and it is not gone
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@frozen(kw_only=True)
class ObjectProgress:
    """One object of an attempt.

    Args:
        ref: which one.
        state: what it is at.
        action: what became of it, once something has.
        message: what it waits for, or why it failed; cut, and never with a secret.
        uid: of the object on the cluster, once it is known.
        leaving: whether it left the stack and is to be deleted.
    """

    ref: ObjectRef
    state: State = State.PENDING
    action: Action | None = None
    message: str = ""
    uid: str = ""
    leaving: bool = False


@frozen(kw_only=True)
class Counts:
    """How many objects of an attempt are at what; together they are all of them."""

    pending: int = 0
    progressing: int = 0
    waiting: int = 0
    succeeded: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.pending + self.progressing + self.waiting + self.succeeded + self.failed


@frozen(kw_only=True)
class Begun:
    """An attempt at its beginning.

    Args:
        stack_id: which stack.
        deployment_object_id: the revision; empty when the broker names the stack no more and it is removed.
        sequence_id: number of the revision, which grows over all stacks (contract 4.3); None without a revision.
        removal: whether everything the stack brought is to be deleted.
        resync: whether the last attempt was a good one at the same revision, and this only looks after it.
        attempt: the how manieth attempt at this revision it is, after the last good one.
        trace_id: under which its log lines and requests are found.
        at: when.
    """

    stack_id: str
    deployment_object_id: str = ""
    sequence_id: int | None = None
    removal: bool = False
    resync: bool = False
    attempt: int = 1
    trace_id: str = ""
    at: datetime


@frozen(kw_only=True)
class Progress:
    """How far an attempt is.

    Args:
        begun: its beginning.
        phase: what it is at, or ended in.
        percent: from 0 to 100; it never goes back, and 100 says that everything is as the revision wants it.
        counts: how many objects are at what.
        changed: whether it has changed anything on the cluster.
        result: how it ended; None while it goes on.
        verdict: how far it was put back, after a rollback.
        message: why it failed, or what a success leaves open.
        ended_at: when it ended.
        objects: its objects, those that need attention first; not all of them when there are many.
        omitted: how many are not among them.
    """

    begun: Begun
    phase: Phase = Phase.PLANNING
    percent: int = 0
    counts: Counts = field(factory=Counts)
    changed: bool = False
    result: Result | None = None
    verdict: str = ""
    message: str = ""
    ended_at: datetime | None = None
    objects: tuple[ObjectProgress, ...] = ()
    omitted: int = 0

    @property
    def word(self) -> str:
        """How it ended, or what it is at."""
        return str(self.result or self.phase)
