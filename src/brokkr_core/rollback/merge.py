"""The three-way rule of a restore: undo what we changed, leave what others changed since. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field, frozen

from brokkr_core.apply.difference.paths import CONTROLLER_ANNOTATIONS, comparable, same, step, unmanaged
from brokkr_core.model.json import Json, JsonObject, as_object, dig


class _Absent:
    """Stands for a member that is not there; null is a value."""


_ABSENT = _Absent()


@frozen(kw_only=True)
class Merged:
    """The object to write back, and the paths where somebody else has written since."""

    body: JsonObject = field(repr=False)
    contested: tuple[str, ...] = ()


@define(kw_only=True)
class _Disputes:
    """The paths that somebody has written to since, and who wins there."""

    take: bool
    paths: list[str] = field(factory=list)

    def settle(self, before: Json | _Absent, live: Json | _Absent, path: str) -> Json | _Absent:
        self.paths.append(path or "the whole object")
        return before if self.take else live


def three_way(before: JsonObject, after: JsonObject, live: JsonObject, *, take: bool = False) -> Merged:
    """Work out what an object has to look like to be as it was.

    Where ``before`` and ``after`` differ: a live value equal to ``after`` goes back to ``before``; one equal to
    ``before`` is back already; anything else was written by somebody since, is left, and is reported as contested.
    Where they are equal the live value stays, whatever it is. An object that stands only on some of the sides is
    still taken member by member; lists are taken as a whole. What controllers count up stays as it is: it never goes
    back.

    Args:
        before: the object as recorded before the write.
        after: the object as our write left it.
        live: the object as it stands now.
        take: put contested values back as well; they are reported all the same.

    Returns:
        The live object with our changes undone, server-managed metadata as live.
    """
    disputes = _Disputes(take=take)
    merged = _merge(comparable(before), comparable(after), comparable(live), "", disputes)
    body = as_object(merged if not isinstance(merged, _Absent) else {})
    metadata = {**as_object(live.get("metadata")), **as_object(body.get("metadata"))}
    for key in _dropped(as_object(live.get("metadata")), as_object(unmanaged(live).get("metadata")), body):
        metadata.pop(key, None)
    annotations = {**as_object(metadata.pop("annotations", None)), **_counters(live)}
    metadata |= {"annotations": annotations} if annotations else {}
    kept = {"status": live["status"]} if "status" in live else {}
    return Merged(body={**body, "metadata": metadata, **kept}, contested=tuple(sorted(disputes.paths)))


def _counters(body: JsonObject) -> JsonObject:
    annotations = as_object(dig(body, "metadata", "annotations"))
    return {key: value for key, value in annotations.items() if key in CONTROLLER_ANNOTATIONS}


def _dropped(live: JsonObject, compared: JsonObject, body: JsonObject) -> Iterator[str]:
    """Metadata members that took part in the comparison and did not survive it."""
    kept = as_object(body.get("metadata"))
    return (key for key in live if key in compared and key not in kept)


def _merge(
    before: Json | _Absent, after: Json | _Absent, live: Json | _Absent, path: str, disputes: _Disputes
) -> Json | _Absent:
    if _same(before, after):
        return live
    if _same(live, after):
        return before
    if _comparable_by_member(before, after) and isinstance(live, dict | _Absent):
        merged = _merge_objects(_members(before), _members(after), _members(live), path, disputes)
        emptied_by_others = isinstance(live, _Absent) and bool(before)
        return _ABSENT if not merged and (isinstance(before, _Absent) or emptied_by_others) else merged
    return live if _same(live, before) else disputes.settle(before, live, path)


def _comparable_by_member(before: Json | _Absent, after: Json | _Absent) -> bool:
    """Whether our write can be told member by member; that an empty object came or went is told as a whole."""
    if isinstance(before, _Absent) or isinstance(after, _Absent):
        return any(isinstance(side, dict) and bool(side) for side in (before, after))
    return isinstance(before, dict) and isinstance(after, dict)


def _members(side: Json | _Absent) -> JsonObject:
    return side if isinstance(side, dict) else {}


def _merge_objects(
    before: JsonObject, after: JsonObject, live: JsonObject, path: str, disputes: _Disputes
) -> JsonObject:
    merged: JsonObject = {}
    for key in dict.fromkeys([*live, *before]):
        old, written, now = (side.get(key, _ABSENT) for side in (before, after, live))
        member = _merge(old, written, now, step(path, key), disputes)
        if not isinstance(member, _Absent):
            merged[key] = member
    return merged


def _same(one: Json | _Absent, other: Json | _Absent) -> bool:
    if isinstance(one, _Absent) or isinstance(other, _Absent):
        return one is other
    return same(one, other)
