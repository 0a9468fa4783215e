"""Copies of JSON values."""

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
