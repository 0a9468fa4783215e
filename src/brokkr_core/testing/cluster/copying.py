"""Copies and comparisons of JSON values."""

from __future__ import annotations

from typing import cast

from brokkr_core.model.json import Json, JsonObject


def fresh(value: Json) -> Json:
    """Return a copy that shares nothing that can change."""
    if isinstance(value, dict):
        return {name: fresh(member) for name, member in value.items()}
    if isinstance(value, list):
        return [fresh(item) for item in value]
    return value


def fresh_object(value: JsonObject) -> JsonObject:
    """Return a copy of an object that shares nothing that can change."""
    return cast("JsonObject", fresh(value))


def same_json(one: object, other: object) -> bool:
    """Compare as JSON does: ``true`` is not ``1``."""
    if one is other:
        return True
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same_json(member, other[name]) for name, member in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return all(same_json(mine, yours) for mine, yours in zip(one, other, strict=True))
    return True
