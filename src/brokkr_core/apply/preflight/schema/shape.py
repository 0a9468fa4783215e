"""Does a custom resource have the shape of its schema: declared fields, and lists whose items can be told apart?

These are the checks of server-side apply before it merges (structured-merge-diff ``typed``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from brokkr_core.apply.difference.paths import step
from brokkr_core.apply.preflight.schema.settle import member_schema
from brokkr_core.errors import Cause
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text

#: What an embedded object has without being described.
_EMBEDDED = frozenset({"apiVersion", "kind", "metadata"})


def shape_faults(value: Json, schema: JsonObject, path: str) -> Iterator[Cause]:
    """Yield fields that the schema does not declare and list items that cannot be told apart.

    Args:
        value: a custom resource or a part of it.
        schema: the structural schema of that place.
        path: where the value stands.
    """
    if schema.get("x-kubernetes-int-or-string") is True:
        return
    if isinstance(value, dict):
        yield from _object_faults(value, schema, path)
    elif isinstance(value, list):
        yield from _list_faults(value, schema, path)


def _object_faults(value: JsonObject, schema: JsonObject, path: str) -> Iterator[Cause]:
    embedded = schema.get("x-kubernetes-embedded-resource") is True
    declared = as_object(schema.get("properties"))
    for key, member in value.items():
        inner = member_schema(schema, key)
        if inner is not None and not (embedded and key in _EMBEDDED):
            yield from shape_faults(member, inner, step(path, key))
        elif key not in declared and not (embedded and key in _EMBEDDED) and _is_closed(schema):
            yield Cause(reason="FieldValueForbidden", message="unknown field", field=step(path, key))
    if embedded:
        for key in ("apiVersion", "kind"):
            if not value.get(key):
                yield Cause(reason="FieldValueRequired", message="must not be empty", field=step(path, key))


def _is_closed(schema: JsonObject) -> bool:
    """Whether fields without a schema are unknown; an object of which nothing is said is pruned without a word."""
    described = "properties" in schema or schema.get("x-kubernetes-embedded-resource") is True
    open_to_all = schema.get("additionalProperties") not in (None, False)
    return described and not open_to_all and schema.get("x-kubernetes-preserve-unknown-fields") is not True


def _list_faults(value: list[Json], schema: JsonObject, path: str) -> Iterator[Cause]:
    items = as_object(schema.get("items"))
    kind = as_text(schema.get("x-kubernetes-list-type"))
    keys = tuple(as_text(key) for key in as_list(schema.get("x-kubernetes-list-map-keys"))) if kind == "map" else ()
    seen: set[str] = set()
    for at, item in enumerate(value):
        place = f"{path}[{at}]"
        if kind in ("map", "set"):
            yield from _identity_faults(item, items, keys, place, seen)
        yield from shape_faults(item, items, place)


def _identity_faults(
    item: Json, items: JsonObject, keys: tuple[str, ...], place: str, seen: set[str]
) -> Iterator[Cause]:
    named: Json = item
    if keys:
        if not isinstance(item, dict):
            yield Cause(reason="FieldValueTypeInvalid", message="must be of type object", field=place)
            return
        found = {key: item[key] if item.get(key) is not None else _default_of(items, key) for key in keys}
        if all(value is None for value in found.values()):
            message = f"an item of this list is known by its {', '.join(keys)}"
            yield Cause(reason="FieldValueRequired", message=message, field=step(place, keys[0]))
            return
        named = {**found}
    elif isinstance(item, (dict, list)):
        yield Cause(reason="FieldValueTypeInvalid", message="an item of a set must be a scalar", field=place)
        return
    identity = json.dumps(named, sort_keys=True)
    if identity in seen:
        message = f"another item has the same {', '.join(keys) if keys else 'value'}"
        yield Cause(reason="FieldValueDuplicate", message=message, field=place)
    seen.add(identity)


def _default_of(items: JsonObject, key: str) -> Json:
    return as_object(member_schema(items, key)).get("default")
