"""What differs between two states of one object, as field paths. Pure; values leave for ``changes`` only."""

from __future__ import annotations

import json
from collections.abc import Iterator

from attrs import field, frozen

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.model.wire import STAMP_KEYS

#: Metadata that the server manages and nobody can restore or wants to compare.
SERVER_METADATA = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)


#: Annotations that a controller counts up by itself; they never go back, ``kubectl rollout undo`` included.
CONTROLLER_ANNOTATIONS = frozenset({"deployment.kubernetes.io/revision"})


@frozen(kw_only=True)
class Step:
    """One step down: a member's key or a named item's name, and the objects whose member it is, of both states."""

    key: str
    inside: tuple[JsonObject, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Difference:
    """One place that differs. ``before`` and ``after`` hold what stands there, or nothing where it is absent."""

    path: str
    trail: tuple[Step, ...]
    before: tuple[Json, ...] = field(repr=False)
    after: tuple[Json, ...] = field(repr=False)


def unmanaged(body: JsonObject) -> JsonObject:
    """Return an object without what the server manages: status and its own metadata."""
    metadata = {key: value for key, value in as_object(body.get("metadata")).items() if key not in SERVER_METADATA}
    return {**{key: value for key, value in body.items() if key != "status"}, "metadata": metadata}


def comparable(body: JsonObject) -> JsonObject:
    """Return what two states of an object are compared by: unmanaged, and without controllers' counters.

    Annotations that are not there compare as empty ones, so that each has a path of its own from the first one on.
    """
    compared = unmanaged(body)
    metadata = as_object(compared["metadata"])
    kept: JsonObject = {
        key: value for key, value in as_object(metadata.get("annotations")).items() if key not in CONTROLLER_ANNOTATIONS
    }
    return {**compared, "metadata": {**metadata, "annotations": kept}}


def changed_paths(before: JsonObject, after: JsonObject) -> tuple[str, ...]:
    """List the paths whose value or presence differs, server-managed fields aside.

    Args:
        before: one state of an object.
        after: another state of the same object.

    Returns:
        Paths such as ``spec.template.spec.containers[name=web].image``, sorted.
    """
    return tuple(sorted({one.path for one in differences(before, after)}))


def differences(before: JsonObject, after: JsonObject) -> Iterator[Difference]:
    """Yield every place whose value or presence differs, with the values, in no order.

    Args:
        before: one state of an object.
        after: another state of the same object.
    """
    yield from _differ(comparable(before), comparable(after), "", ())


def ownership(body: JsonObject) -> list[tuple[str, ...]]:
    """Reduce managedFields to who owns what: manager, operation, version, subresource, fields. Times do not count.

    Status is left out: controllers go on writing it, and it is not ours to apply or to restore.
    """
    owners: list[tuple[str, ...]] = []
    for entry in as_list(dig(body, "metadata", "managedFields")):
        if dig(entry, "subresource") == "status":
            continue
        words = (str(dig(entry, member) or "") for member in ("manager", "operation", "apiVersion", "subresource"))
        owners.append((*words, json.dumps(dig(entry, "fieldsV1"), sort_keys=True)))
    return sorted(owners)


def beyond_stamp(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the annotations that move with every revision and say nothing about the object itself."""
    stamps = {f"metadata.annotations[{key}]" for key in STAMP_KEYS}
    return tuple(path for path in paths if path not in stamps)


def step(path: str, key: str) -> str:
    """Extend a path; keys with dots or slashes stand in brackets, so that a path stays readable."""
    if any(mark in key for mark in "./[]"):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def below(path: str, root: str) -> bool:
    """Tell whether a path is another one or lies within it; ``data.a`` is not within ``data[a.b]``, nor around it."""
    return path == root or (path.startswith(root) and path[len(root)] in ".[")


def overlap(path: str, other: str) -> bool:
    """Tell whether two paths are the same or one lies within the other."""
    return below(path, other) or below(other, path)


def same(one: Json, other: Json) -> bool:
    """JSON equality: true is not 1, and 1 is not 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def _differ(before: Json, after: Json, path: str, trail: tuple[Step, ...]) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            inner, down = step(path, key), (*trail, Step(key=key, inside=(before, after)))
            if key in before and key in after:
                yield from _differ(before[key], after[key], inner, down)
            elif key in after:
                yield from _leaves(after[key], inner, down, added=True)
            else:
                yield from _leaves(before[key], inner, down, added=False)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _differ_lists(before, after, path, trail)
    elif not same(before, after):
        yield Difference(path=path, trail=trail, before=(before,), after=(after,))


def _leaves(value: Json, path: str, trail: tuple[Step, ...], *, added: bool) -> Iterator[Difference]:
    """Name what stands on one side only, member by member: another writer may add members of its own to it."""
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from _leaves(member, step(path, key), (*trail, Step(key=key, inside=(value,))), added=added)
    else:
        yield _one_sided(value, path, trail, added=added)


def _one_sided(value: Json, path: str, trail: tuple[Step, ...], *, added: bool) -> Difference:
    return Difference(path=path, trail=trail, before=() if added else (value,), after=(value,) if added else ())


def _differ_lists(before: list[Json], after: list[Json], path: str, trail: tuple[Step, ...]) -> Iterator[Difference]:
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        if not same(before, after):
            yield Difference(path=path, trail=trail, before=(before,), after=(after,))
        return
    if [name for name in old if name in new] != [name for name in new if name in old]:
        # the order of containers, variables and routes has a meaning
        yield Difference(path=path, trail=trail, before=(before,), after=(after,))
    for name in old.keys() | new.keys():
        inner, down = f"{path}[name={name}]", (*trail, Step(key=name))
        if name in old and name in new:
            yield from _differ(old[name], new[name], inner, down)
        else:
            yield _one_sided((new if name in new else old)[name], inner, down, added=name in new)


def _by_name(items: list[Json]) -> dict[str, Json] | None:
    """Key a list by its items' names where every item has one of its own, as containers and ports do."""
    named = {as_text(as_object(item).get("name")): item for item in items}
    return named if "" not in named and len(named) == len(items) else None
