"""An inventory as text in pieces: each named by its content, and cut so that a small change touches one. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from brokkr_core.apply.inventory.values import Entry, StackKey, in_order
from brokkr_core.model.json import Json, as_list
from brokkr_core.model.ref import ObjectRef

#: A piece grows up to this and is then split. Escaped as JSON in a request it stays below 512 KiB.
SHARD_BYTES = 256 * 1024

#: Bits of a digest that decide where an entry belongs; no inventory is so large that it needs more.
_BITS = 64


@frozen(kw_only=True)
class Shard:
    """One piece: the name of its ConfigMap, and the text in it."""

    name: str
    text: str


def split(key: StackKey, entries: Iterable[Entry], *, most_bytes: int = SHARD_BYTES) -> tuple[Shard, ...]:
    """Cut the entries of a stack into pieces.

    Where an entry belongs is decided by the digest of its identity: all entries whose digests begin with the same
    bits share a piece, and a piece that has grown too large is split by the next bit. So the cut depends on nothing
    but the entries, and one entry more or less changes one piece, or splits or joins one.

    Args:
        key: the stack; equal pieces of two stacks have two names.
        entries: what the stack owns, each once.
        most_bytes: how much text a piece may hold.

    Returns:
        The pieces, in the order of the digests in them; none when there are no entries.
    """
    rows = sorted((_place(entry), _row(entry)) for entry in entries)
    return tuple(Shard(name=name_of(key, text), text=text) for text in _texts(rows, most_bytes, depth=0))


def join(texts: Iterable[str]) -> tuple[Entry, ...]:
    """Read pieces back.

    Args:
        texts: the texts of all pieces.

    Returns:
        The entries, sorted.

    Raises:
        ValueError: a text is not what ``split`` writes.
    """
    return in_order(_entry(row) for text in texts for row in _rows(text))


def name_of(key: StackKey, text: str) -> str:
    """Return the name of the piece with this text: it cannot be altered and keep its name."""
    digest = hashlib.sha256(f"{key.object_name}\n{text}".encode()).hexdigest()
    return f"{key.object_name}-{digest[:32]}"


def _texts(rows: Sequence[tuple[int, str]], most_bytes: int, *, depth: int) -> Iterator[str]:
    if not rows:
        return
    size = sum(len(row.encode()) + 2 for _, row in rows)
    if size <= most_bytes or depth == _BITS:
        yield "[" + ",\n".join(row for _, row in rows) + "]"
        return
    bit = 1 << (_BITS - 1 - depth)
    cut = next((number for number, (place, _) in enumerate(rows) if place & bit), len(rows))
    yield from _texts(rows[:cut], most_bytes, depth=depth + 1)
    yield from _texts(rows[cut:], most_bytes, depth=depth + 1)


def _place(entry: Entry) -> int:
    ref = entry.ref
    identity = "\n".join((ref.group, ref.kind, ref.namespace, ref.name))
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[: _BITS // 8])


def _row(entry: Entry) -> str:
    ref = entry.ref
    row = [ref.group, ref.version, ref.kind, ref.namespace, ref.name, entry.uid]
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False)


def _rows(text: str) -> list[Json]:
    rows: Json = json.loads(text)
    if not isinstance(rows, list):
        raise ValueError("it is no list")
    return rows


def _entry(row: Json) -> Entry:
    members = [member for member in as_list(row) if isinstance(member, str)]
    if len(members) != 6:
        raise ValueError(f"an entry has {len(members)} texts instead of 6")
    group, version, kind, namespace, name, uid = members
    return Entry(ref=ObjectRef(group=group, version=version, kind=kind, namespace=namespace, name=name), uid=uid)
