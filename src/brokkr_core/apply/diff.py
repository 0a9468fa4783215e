"""What differs between two states of one object, as field paths. Pure; values never leave."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.model.json import Json, JsonObject, as_object, as_text
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
    return tuple(sorted(set(_differ(comparable(before), comparable(after), ""))))


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


def same(one: Json, other: Json) -> bool:
    """JSON equality: true is not 1, and 1 is not 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def _differ(before: Json, after: Json, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            inner = step(path, key)
            if key not in before or key not in after:
                yield from _leaves(after[key] if key in after else before[key], inner)
            else:
                yield from _differ(before[key], after[key], inner)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _differ_lists(before, after, path)
    elif not same(before, after):
        yield path


def _leaves(value: Json, path: str) -> Iterator[str]:
    """Name what stands on one side only, member by member: another writer may add members of its own to it."""
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from _leaves(member, step(path, key))
    else:
        yield path


def _differ_lists(before: list[Json], after: list[Json], path: str) -> Iterator[str]:
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        if not same(before, after):
            yield path
        return
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield path  # the order of containers, variables and routes has a meaning
    for name in old.keys() | new.keys():
        inner = f"{path}[name={name}]"
        if name not in old or name not in new:
            yield inner
        else:
            yield from _differ(old[name], new[name], inner)


def _by_name(items: list[Json]) -> dict[str, Json] | None:
    """Key a list by its items' names where every item has one of its own, as containers and ports do."""
    named = {as_text(as_object(item).get("name")): item for item in items}
    return named if "" not in named and len(named) == len(items) else None
