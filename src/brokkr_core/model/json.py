"""JSON values as they come from YAML and from the API server, and safe ways to look into them."""

from __future__ import annotations

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"


def dig(value: Json, *path: str) -> Json:
    """Follow field names through nested objects.

    Args:
        value: where to start.
        path: field names, outermost first.

    Returns:
        What stands there, or None as soon as a step is missing or no object.
    """
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_object(value: Json) -> JsonObject:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Json) -> str:
    """Return the value if it is text, else the empty text."""
    return value if isinstance(value, str) else ""


def as_int(value: Json, default: int = 0) -> int:
    """Return the value if it is a whole number (booleans are not), else the default."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def text_map(value: Json) -> dict[str, str]:
    """Return the text members of an object, as labels and annotations are read."""
    return {key: member for key, member in as_object(value).items() if isinstance(member, str)}


def sharing(value: Json, known: Json) -> Json:
    """Return an equal value that shares with another one, member by member, the texts that are the same.

    Args:
        value: what is to be kept.
        known: what is kept anyway; nothing of it but texts is shared.
    """
    if isinstance(value, str):
        return known if isinstance(known, str) and known == value else value
    if isinstance(value, dict) and isinstance(known, dict):
        return {key: sharing(member, known.get(key)) for key, member in value.items()}
    if isinstance(value, list) and isinstance(known, list):
        longer = [*known, *[None] * (len(value) - len(known))]
        return [sharing(member, other) for member, other in zip(value, longer, strict=False)]
    return value
