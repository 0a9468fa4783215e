"""Which fields an object has, as sets of paths, and their FieldsV1 spelling.

The rules are structured-merge-diff's (``typed/tofieldset.go``): scalars, atomic values, list items and keys of
plain maps are members; a declared struct field is a member itself only when it is null or empty; an empty
list owns nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.testing.cluster.paths import Path, item_element
from brokkr_core.testing.cluster.schema import Node, all_text


def field_set(value: Json, node: Node) -> set[Path]:
    """Return the paths that applying this value would own.

    Args:
        value: an object that fits the schema.
        node: its schema.
    """
    found: set[Path] = set()
    _add_members(value, node, (), found)
    return found


def _add_members(value: Json, node: Node, path: Path, found: set[Path]) -> None:
    if isinstance(value, dict) and not node.atomic:
        _add_map_members(value, node, path, found)
    elif isinstance(value, list) and not _whole(node):
        for item in value:
            inside = (*path, item_element(item, node))
            found.add(inside)
            _add_members(item, node.item, inside, found)
    elif path:
        found.add(path)


def _add_map_members(value: JsonObject, node: Node, path: Path, found: set[Path]) -> None:
    if node.text_map and all_text(value):
        found.update((*path, f"f:{name}") for name in value)
        return
    for name, member in value.items():
        inside = (*path, f"f:{name}")
        if not isinstance(member, (dict, list)) or member == {}:
            found.add(inside)
            continue
        if not node.declares(name):
            found.add(inside)
        _add_members(member, node.child(name), inside, found)


def _whole(node: Node) -> bool:
    return node.atomic or node.items is None


def with_named_parents(paths: Iterable[Path], root: Node) -> set[Path]:
    """Add the declared struct fields that stand above the given paths.

    This is what lets a struct disappear with its last owned field, defaults inside it included.

    Args:
        paths: member paths.
        root: schema of the object.
    """
    out: set[Path] = set()
    for path in paths:
        out.add(path)
        node = root
        for depth, element in enumerate(path):
            inside = _step(node, element)
            if depth and inside is None:
                break
            if element.startswith("f:") and node.declares(element[2:]):
                out.add(path[: depth + 1])
            node = inside if inside is not None else node
    return out


def _step(node: Node, element: str) -> Node | None:
    if element.startswith("f:"):
        return node.child(element[2:])
    return node.item if node.items is not None else None


class FieldsV1(dict[str, Json]):
    """FieldsV1 that remembers the paths it was written from; never changed, and shared by objects of one shape."""

    paths: frozenset[Path] = frozenset()


@lru_cache(maxsize=4096)
def to_fields_v1(members: frozenset[Path]) -> JsonObject:
    """Write a set of paths as FieldsV1."""
    root = FieldsV1()
    root.paths = members
    for path in sorted(members):
        place: JsonObject = root
        for depth, element in enumerate(path):
            if depth and path[:depth] in members:
                place.setdefault(".", {})
            inside = place.setdefault(element, {})
            place = inside if isinstance(inside, dict) else {}
    return root


def from_fields_v1(fields: Json) -> frozenset[Path]:
    """Read FieldsV1 back into paths.

    Raises:
        ValueError: an element has no known kind.
    """
    return fields.paths if isinstance(fields, FieldsV1) else frozenset(_read(fields, ()))


def _read(fields: Json, path: Path) -> Iterator[Path]:
    tree = as_object(fields)
    if not tree and path:
        yield path
    for element, inside in tree.items():
        if element == ".":
            yield path
        elif element[:2] in {"f:", "k:", "v:", "i:"}:
            yield from _read(inside, (*path, element))
        else:
            raise ValueError(f"missing colon or unknown kind in path element {element!r}")
