"""Records of a journal: each carries the digest of the one before it, so that none can be altered unseen. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

from attrs import field, frozen

from brokkr_core.errors import JournalError
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig

#: What the first record names as the digest before it.
GENESIS = "0" * 64


class RecordKind(StrEnum):
    """What a record says."""

    BEGIN = "begin"  #: which run this is, and what the stack owned before it
    CARRIED = "carried"  #: what an earlier run did that was not ended, and that this one goes on with
    FORESEEN = "foreseen"  #: objects the run expects to change, as they stand
    BEFORE = "before"  #: one object as it stands, when it had moved since it was foreseen
    DELETING = "deleting"  #: what was recorded is about to be deleted, to be created anew
    AFTER = "after"  #: what the server made of a write
    REFUSED = "refused"  #: the server refused a write
    UNDO = "undo"  #: from here on the run is being put back
    COMMIT = "commit"  #: everything is applied and ready; from here on the run only goes forward
    END = "end"  #: how it ended


@frozen(kw_only=True)
class Record:
    """One record; ``digest`` covers everything else in it, the digest before it included."""

    number: int  #: from 0, without gaps
    kind: RecordKind
    facts: JsonObject = field(repr=False)
    previous: str
    digest: str
    payload: bytes = field(repr=False, eq=False)  #: what the digest was taken of

    @property
    def line(self) -> bytes:
        """The record as one line of JSON, newline included."""
        return b'{"digest":"%s","record":%s}\n' % (self.digest.encode(), self.payload)


def seal(kind: RecordKind, facts: JsonObject, *, after: Record | None) -> Record:
    """Make the record that follows another one.

    Args:
        kind: what it says.
        facts: the particulars, as JSON.
        after: the record before it, or None for the first.

    Returns:
        The record with its digest (SHA-256 over its canonical JSON, in hex).
    """
    number, previous = (after.number + 1, after.digest) if after else (0, GENESIS)
    payload = json.dumps([number, str(kind), facts, previous], separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(payload).hexdigest()
    return Record(number=number, kind=kind, facts=facts, previous=previous, digest=digest, payload=payload)


def read_lines(lines: Iterable[bytes]) -> Iterator[Record]:
    """Read records back and follow the chain.

    Args:
        lines: whole lines, in order.

    Yields:
        The records.

    Raises:
        JournalError: a line cannot be read, is missing, or is not what was written.
    """
    last: Record | None = None
    for place, line in enumerate(lines):
        digest, kind, facts = _read(line, place)
        last = seal(kind, facts, after=last)
        if last.digest != digest:
            raise JournalError(f"record {place} of the journal is not what was written, or one before it is missing")
        yield last


def _read(line: bytes, place: int) -> tuple[str, RecordKind, JsonObject]:
    try:
        body: Json = json.loads(line)
        _, kind, facts, _ = as_list(dig(body, "record"))
        return as_text(dig(body, "digest")), RecordKind(as_text(kind)), as_object(facts)
    except (ValueError, RecursionError) as error:
        raise JournalError(f"record {place} of the journal cannot be read") from error
