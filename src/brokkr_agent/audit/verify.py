"""Follow a chain through its files, one line in memory at a time, and say where it is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import define, field, frozen

from brokkr_agent.audit.chain import GENESIS, ChainFaultError, Head, follow, head_of, read
from brokkr_agent.audit.record import Action, Stage
from brokkr_agent.audit.segments import MOST_LINE_BYTES, Segment, segments_in
from brokkr_core.errors import UsageError
from brokkr_core.model.json import JsonObject, as_int, as_text, dig

#: So many faults are told one by one.
MOST_FAULTS = 20

#: So many intents without an outcome are kept in mind at once.
MOST_OPEN = 10_000


@frozen(kw_only=True)
class Fault:
    """One place where a chain is broken."""

    segment: str
    line: int  #: from 1
    seq: int  #: number of the last record before it that was good
    problem: str

    def __str__(self) -> str:
        return f"{self.segment}:{self.line}: after record {self.seq}: {self.problem}"


@define(kw_only=True)
class Verified:
    """What following a chain has shown."""

    segments: int = 0
    records: int = 0
    first: int = 0  #: number of the first record that is kept
    head: Head = field(factory=Head)
    faults: list[Fault] = field(factory=list)
    more_faults: int = 0
    open_intents: int = 0  #: intents whose outcome is not there: a process ended in between, or is at work
    after_anchor: int | None = None  #: records behind the anchor; None when it was not found, or there is none

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def blame(self, fault: Fault) -> None:
        """Take in a fault."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.more_faults += 1


def trail_in(directory: Path) -> list[Segment]:
    """Return the segments of the trail in a directory, oldest first.

    Raises:
        UsageError: there is none.
    """
    present = segments_in(directory)
    if not present:
        raise UsageError(f"{directory}: there is no audit trail; it has files such as audit-000000000001.jsonl")
    return present


def lines_of(segment: Segment) -> Iterator[tuple[int, bytes]]:
    """Read a segment line by line.

    Yields:
        The number of each line, from 1, and the line with its newline; a last one without was never whole.

    Raises:
        UsageError: it is gone or cannot be read.
    """
    try:
        with segment.path.open("rb") as file:
            number = 0
            while line := file.readline(MOST_LINE_BYTES):
                number += 1
                yield number, line
    except OSError as error:
        advice = "if an agent is writing there, it was dropped just now; try again"
        raise UsageError(f"{segment.path}: cannot be read ({error.strerror}); {advice}") from error


def verify(directory: Path, *, anchor: str = "") -> Verified:
    """Follow the chain in a directory from its first record to its last.

    Args:
        directory: where the segments are.
        anchor: a hash that was noted somewhere else before; it has to be in the chain.

    Returns:
        What was found; the first fault is where it broke, later ones may follow from it.

    Raises:
        UsageError: there is no trail, or it cannot be read.
    """
    present = trail_in(directory)
    follower = _Follower(anchor)
    for one in present:
        follower.take(one)
    return follower.end(present[-1])


class _Follower:
    """Follows a chain."""

    def __init__(self, anchor: str) -> None:
        self._anchor = anchor
        self._found = Verified()
        self._open: set[str] = set()
        self._dropped = 0
        self._begun = False

    def take(self, segment: Segment) -> None:
        """Follow the chain through a segment."""
        self._found.segments += 1
        number = 0
        for number, line in lines_of(segment):
            good = self._found.head.seq
            try:
                problem = self._place(_record(line), segment, first=number == 1)
            except ChainFaultError as error:
                problem = str(error)
            if problem:
                self._blame(segment, number, problem, good)
        if not number and self._begun and segment.first != self._found.head.seq + 1:
            self._blame(segment, 0, "an empty segment whose name does not follow")

    def end(self, last: Segment) -> Verified:
        """Say what was found."""
        found = self._found
        if found.first > 1 and self._dropped < found.first - 1:
            missing = f"records 1 to {found.first - 1} are missing"
            self._blame(last, 0, f"{missing}, and no record says that they were dropped")
        if self._anchor and found.after_anchor is None:
            self._blame(last, 0, f"the record with hash {self._anchor} is not in the chain")
        found.open_intents = len(self._open)
        return found

    def _place(self, record: JsonObject, segment: Segment, *, first: bool) -> str:
        """Put a good record into the chain, and return why it does not belong there; after that the chain goes on."""
        found, here = self._found, head_of(record)
        problem = ""
        if self._begun:
            try:
                follow(record, found.head)
            except ChainFaultError as error:
                problem = str(error)
        elif here.seq == 1 and record.get("prev") != GENESIS:
            problem = "the first record does not begin a chain"
        if first and segment.first != here.seq:
            problem = problem or f"the segment is named for record {segment.first} and begins with record {here.seq}"
        if not self._begun:
            self._begun, found.first = True, here.seq
            found.after_anchor = 0 if record.get("prev") == self._anchor else None
        self._count(record, here)
        return problem

    def _count(self, record: JsonObject, here: Head) -> None:
        found = self._found
        found.head = here
        found.records += 1
        if found.after_anchor is not None:
            found.after_anchor += 1
        if here.hash == self._anchor:
            found.after_anchor = 0
        stage = as_text(record.get("stage"))
        if stage == Stage.INTENT and len(self._open) < MOST_OPEN:
            self._open.add(as_text(record.get("id")))
        elif stage == Stage.OUTCOME:
            self._open.discard(as_text(record.get("intent")))
        if record.get("action") == Action.AUDIT_DROP:
            self._dropped = max(self._dropped, as_int(dig(record, "facts", "through")))

    def _blame(self, segment: Segment, line: int, problem: str, seq: int | None = None) -> None:
        good = self._found.head.seq if seq is None else seq
        self._found.blame(Fault(segment=segment.path.name, line=line, seq=good, problem=problem))


def _record(line: bytes) -> JsonObject:
    if not line.endswith(b"\n"):
        raise ChainFaultError("a line that is not whole: cut off by a crash, or being written just now")
    return read(line[:-1])
