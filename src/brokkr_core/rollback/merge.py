"""The three-way rule of a restore: undo what we changed, leave what others changed since. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from brokkr_core.apply.diff import unmanaged
from brokkr_core.model.json import Json, JsonObject, as_object


class _Absent:
    """Stands for a member that is not there; null is a value."""


_ABSENT = _Absent()


@frozen(kw_only=True)
class Merged:
    """The object to write back, and the paths where somebody else has written since."""

    body: JsonObject = field(repr=False)
    contested: tuple[str, ...] = ()


def three_way(before: JsonObject, after: JsonObject, live: JsonObject) -> Merged:
    """Work out what an object has to look like to be as it was.

    Where ``before`` and ``after`` differ: a live value equal to ``after`` goes back to ``before``; one equal to
    ``before`` is back already; anything else was written by somebody since, is left, and is reported as contested.
    Where they are equal the live value stays, whatever it is. Lists are compared as a whole.

    Args:
        before: the object as recorded before the write.
        after: the object as our write left it.
        live: the object as it stands now.

    Returns:
        The live object with our changes undone, server-managed metadata as live.
    """
    contested: list[str] = []
    merged = _merge(unmanaged(before), unmanaged(after), unmanaged(live), "", contested)
    body = as_object(merged if not isinstance(merged, _Absent) else {})
    metadata = {**as_object(live.get("metadata")), **as_object(body.get("metadata"))}
    for key in _dropped(as_object(live.get("metadata")), as_object(unmanaged(live).get("metadata")), body):
        metadata.pop(key, None)
    return Merged(body={**body, "metadata": metadata}, contested=tuple(sorted(contested)))


def _dropped(live: JsonObject, compared: JsonObject, body: JsonObject) -> Iterator[str]:
    """Metadata members that took part in the comparison and did not survive it."""
    kept = as_object(body.get("metadata"))
    return (key for key in live if key in compared and key not in kept)


def _merge(
    before: Json | _Absent, after: Json | _Absent, live: Json | _Absent, path: str, contested: list[str]
) -> Json | _Absent:
    if _same(before, after):
        return live
    if isinstance(before, dict) and isinstance(after, dict) and isinstance(live, dict):
        return _merge_objects(before, after, live, path, contested)
    if _same(live, after):
        return before
    if not _same(live, before):
        contested.append(path or "the whole object")
    return live


def _merge_objects(
    before: JsonObject, after: JsonObject, live: JsonObject, path: str, contested: list[str]
) -> JsonObject:
    merged: JsonObject = {}
    for key in dict.fromkeys([*live, *before]):
        step = f"{path}.{key}" if path else key
        member = _merge(before.get(key, _ABSENT), after.get(key, _ABSENT), live.get(key, _ABSENT), step, contested)
        if not isinstance(member, _Absent):
            merged[key] = member
    return merged


def _same(one: Json | _Absent, other: Json | _Absent) -> bool:
    """JSON equality: true is not 1."""
    if isinstance(one, _Absent) or isinstance(other, _Absent):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and one == other
