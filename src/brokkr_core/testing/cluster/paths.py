"""Path elements in the FieldsV1 spelling, and how a path reads in a message.

An element is ``f:<field>``, ``k:<keys of a list item as JSON>``, ``v:<set value as JSON>`` or ``i:<index>``
(structured-merge-diff, ``fieldpath/serialize-pe.go``).
"""

from __future__ import annotations

import json
from typing import TypeAlias

from brokkr_core.model.json import Json, as_object
from brokkr_core.testing.cluster.schema import ListKind, Node

Path: TypeAlias = tuple[str, ...]

#: Keys that a built-in list item may leave out, and what the server puts there (OpenAPI ``default``).
KEY_DEFAULTS: dict[str, Json] = {"protocol": "TCP"}


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, sort_keys=True)


class ItemKeyError(ValueError):
    """A list item cannot be told apart from the others; the text says why."""


def compact(value: Json) -> str:
    """Write JSON the way managedFields spell it."""
    return _ENCODER.encode(value)


def item_element(item: Json, node: Node) -> str:
    """Return the path element of a list item.

    Args:
        item: the item.
        node: the schema of the list, which is a set or an associative list.

    Raises:
        ItemKeyError: the item is no object or has none of the keys.
    """
    if node.list_kind is ListKind.SET:
        if isinstance(item, (dict, list)):
            raise ItemKeyError("sets may only contain scalars")
        return "v:" + compact(item)
    if not isinstance(item, dict):
        raise ItemKeyError("associative list with keys may not have non-map elements")
    keys: dict[str, Json] = {}
    for key in node.keys:
        if item.get(key) is not None:
            keys[key] = item[key]
        elif (default := key_default(node, key)) is not None:
            keys[key] = default
    if not keys:
        raise ItemKeyError("associative list with keys has an element that omits all key fields")
    return "k:" + compact(keys)


def key_default(node: Node, key: str) -> Json:
    """Return what the server assumes for a key field that an item leaves out, or None."""
    child = node.item.child(key)
    if child.has_default:
        return child.default
    if not child.builtin:
        return None
    if key in node.item.required:
        # Go writes a required field with its zero value; validation will say that it is missing.
        return 0 if child.type_name == "integer" else ""
    return KEY_DEFAULTS.get(key)


def dotted(path: Path) -> str:
    """Return a path as conflict messages print it, for example ``.spec.ports[port=80,protocol="TCP"]``."""
    return "".join(_printed(element) for element in path)


def _printed(element: str) -> str:
    kind, text = element[:2], element[2:]
    if kind == "f:":
        return f".{text}"
    if kind == "v:":
        return f"[={text}]"
    if kind == "i:":
        return f"[{text}]"
    pairs = as_object(json.loads(text)).items()
    return "[" + ",".join(f"{key}={compact(value)}" for key, value in pairs) + "]"
