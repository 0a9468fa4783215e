"""What a new schema of a custom kind takes away from objects that are stored already. Pure.

Both schemas are walked side by side, so a difference is told by the place of the schema that it is at.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from brokkr_core.apply.difference.paths import same, step
from brokkr_core.model.json import Json, JsonObject, as_list, as_object

#: A place that keeps whatever stands there.
_FREE = "x-kubernetes-preserve-unknown-fields"
#: Limits that get tighter downwards and upwards.
_MOST = ("maxItems", "maxLength", "maxProperties", "maximum")
_LEAST = ("minItems", "minLength", "minProperties", "minimum")
#: Words that allow less as soon as they say anything else; whether it is less cannot be told from the outside.
_OTHERWISE = ("allOf", "anyOf", "format", "multipleOf", "not", "oneOf", "pattern", "type", "x-kubernetes-validations")
_FLAGS = ("exclusiveMaximum", "exclusiveMinimum", "uniqueItems")


class Loss(Enum):
    """What a difference of schemas does to objects that are stored already."""

    DROPPED = "dropped"  #: a field is not known any more: the server drops it at the next write of anybody's
    DEFAULTED = "defaulted"  #: a field that is absent gets a value that stays
    TIGHTENED = "tightened"  #: what was valid may not be valid any more


def losses(before: JsonObject, after: JsonObject, path: str) -> Iterator[tuple[Loss, str]]:
    """Compare two schemas of one version of a kind.

    Args:
        before: the OpenAPI schema as it stands.
        after: the one that replaces it.
        path: where it stands.

    Yields:
        What is lost and the place of the schema that does it.
    """
    if "default" in after and not _alike(before, after, "default"):
        yield Loss.DEFAULTED, step(path, "default")
    yield from ((Loss.TIGHTENED, step(path, word)) for word in _tightened(before, after))
    if before.get(_FREE) is True and after.get(_FREE) is not True:
        yield Loss.DROPPED, step(path, _FREE)
    yield from _members(before, after, path)


def _members(before: JsonObject, after: JsonObject, path: str) -> Iterator[tuple[Loss, str]]:
    known, others = as_object(after.get("properties")), after.get("additionalProperties")
    takes_any = after.get(_FREE) is True or others is not None
    for name, schema in as_object(before.get("properties")).items():
        place = step(step(path, "properties"), name)
        if name in known:
            yield from losses(as_object(schema), as_object(known[name]), place)
        elif not takes_any:
            yield Loss.DROPPED, place
    for name, schema in known.items():
        if name not in as_object(before.get("properties")) and _has_default(schema):
            yield Loss.DEFAULTED, step(step(path, "properties"), name)
    for word in ("additionalProperties", "items"):
        old, new = before.get(word), after.get(word)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from losses(old, new, step(path, word))
    if before.get("additionalProperties") and others is None and not takes_any:
        yield Loss.DROPPED, step(path, "additionalProperties")


def _has_default(schema: Json) -> bool:
    return "default" in as_object(schema)


def _tightened(before: JsonObject, after: JsonObject) -> Iterator[str]:
    yield from (word for word in _OTHERWISE if word in after and not _alike(before, after, word))
    yield from (word for word in _FLAGS if after.get(word) is True and before.get(word) is not True)
    yield from (word for word in _MOST if _passes(after.get(word), before.get(word), down=True))
    yield from (word for word in _LEAST if _passes(after.get(word), before.get(word), down=False))
    if _beyond(as_list(after.get("required")), as_list(before.get("required"))):
        yield "required"
    if "enum" in after and ("enum" not in before or _beyond(as_list(before["enum"]), as_list(after["enum"]))):
        yield "enum"
    if before.get("nullable") is True and after.get("nullable") is not True:
        yield "nullable"


def _passes(new: Json, old: Json, *, down: bool) -> bool:
    """Whether a limit is there now and is tighter than before."""
    if not isinstance(new, int | float):
        return False
    return not isinstance(old, int | float) or (new < old if down else new > old)


def _beyond(some: list[Json], others: list[Json]) -> bool:
    """Whether there is anything among some that is not among others."""
    return any(all(not same(one, other) for other in others) for one in some)


def _alike(before: JsonObject, after: JsonObject, word: str) -> bool:
    return word in before and same(before[word], after[word])
