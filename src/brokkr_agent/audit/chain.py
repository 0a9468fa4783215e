"""The chain of records: each carries a digest over itself and over the one before it. Pure.

``hash`` is SHA-256 over the hash before it (its 64 hexadecimal digits) and the record's canonical JSON (RFC 8785)
without ``hash``. A line is the canonical JSON of the whole record, so that there is one way only to write it.
"""

from __future__ import annotations

import hashlib
import json
import re

from attrs import frozen

from brokkr_agent.audit.record import VERSION
from brokkr_core.model.json import JsonObject, as_text

#: What the first record of a chain names as the hash before it.
GENESIS = "0" * 64

#: What a hash looks like.
HASH = re.compile(r"[0-9a-f]{64}")


@frozen(kw_only=True)
class Head:
    """The end of a chain: the number and the hash of its last record."""

    seq: int = 0
    hash: str = GENESIS


class ChainFaultError(ValueError):
    """A line is not what was written, or not where it was written."""


def canonical(values: JsonObject) -> bytes:
    """Write JSON the one way there is (RFC 8785): keys sorted, no white space. There are no fractions in a record."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace")  # half a surrogate pair, which UTF-8 does not have, as an escape


def seal(values: JsonObject, head: Head) -> tuple[bytes, Head]:
    """Make the record that follows another one.

    Args:
        values: what it says, without its place in the chain.
        head: the record before it.

    Returns:
        Its line, newline included, and the new end of the chain.
    """
    record: JsonObject = {**values, "v": VERSION, "seq": head.seq + 1, "prev": head.hash}
    digest = _digest(head.hash, record)
    return canonical(record | {"hash": digest}) + b"\n", Head(seq=head.seq + 1, hash=digest)


def read(line: bytes) -> JsonObject:
    """Read one line and check it by itself.

    Args:
        line: the line, without its newline.

    Returns:
        The record.

    Raises:
        ChainFaultError: it is not what was written.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise ChainFaultError("the line cannot be read") from None
    if not isinstance(record, dict) or record.get("v") != VERSION or type(record.get("seq")) is not int:
        raise ChainFaultError(f"the line is no record of version {VERSION}")
    written = dict(record)
    digest = as_text(record.pop("hash", None))
    try:
        altered = canonical(written) != line or digest != _digest(as_text(record.get("prev")), record)
    except (ValueError, RecursionError):
        altered = True
    if altered:
        raise ChainFaultError("the record is not what was written")
    return written


def follow(record: JsonObject, head: Head) -> Head:
    """Check that a record follows another one.

    Args:
        record: as :func:`read` gave it.
        head: the record before it.

    Returns:
        The new end of the chain.

    Raises:
        ChainFaultError: records are missing, or stand somewhere else than they were written.
    """
    here = head_of(record)
    if here.seq <= head.seq:
        raise ChainFaultError(f"the record comes a second time or in the wrong place: record {head.seq} is before it")
    if here.seq > head.seq + 1:
        raise ChainFaultError(f"records {head.seq + 1} to {here.seq - 1} are missing")
    if record.get("prev") != head.hash:
        raise ChainFaultError(f"the record does not follow this record {head.seq}: one of the two is of another chain")
    return here


def head_of(record: JsonObject) -> Head:
    """Return the end of a chain that ends with a record."""
    seq = record["seq"]
    assert isinstance(seq, int), "read() has looked"
    return Head(seq=seq, hash=as_text(record.get("hash")))


def _digest(previous: str, record: JsonObject) -> str:
    return hashlib.sha256(previous.encode() + canonical(record)).hexdigest()
