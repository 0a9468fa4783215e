"""Small tools for defaulting; they change the object they are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from brokkr_core.model.json import Json, JsonObject


def fill(target: JsonObject, defaults: Mapping[str, Json]) -> None:
    """Set every field that is missing or null."""
    for name, value in defaults.items():
        if target.get(name) is None:
            target[name] = value


def struct(target: JsonObject, name: str) -> JsonObject:
    """Return an object inside, made if it is missing."""
    inside = target.get(name)
    if not isinstance(inside, dict):
        inside = {}
        target[name] = inside
    return inside


def optional(target: JsonObject, name: str) -> JsonObject | None:
    """Return an object inside, or None if there is none."""
    inside = target.get(name)
    return inside if isinstance(inside, dict) else None


def each(target: JsonObject, name: str) -> Iterator[JsonObject]:
    """Yield the objects of a list inside."""
    items = target.get(name)
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield item
