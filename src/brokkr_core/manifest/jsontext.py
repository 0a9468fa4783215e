"""Documents in JSON, one or several values in a row, as kubectl takes them."""

from __future__ import annotations

import json
import re

from brokkr_core.frozen import frozen
from brokkr_core.manifest.limits import Limits
from brokkr_core.manifest.scalars import SAFE_DIGITS, json_number, number
from brokkr_core.model.json import Json

_SPACE = re.compile(r"[ \t\r\n]*")
#: Half of a surrogate pair may be missing: YAML's reader gives the error for it.
_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)


@frozen(kw_only=True)
class JsonValue:
    """One value and where it stands in the text."""

    value: Json
    start: int
    end: int


def json_values(text: str, limits: Limits) -> list[JsonValue] | None:
    """Read a text as JSON objects in a row.

    Args:
        text: the document.
        limits: depth, keys and scalar length are respected.

    Returns:
        The objects; None when the text is anything else or near a limit, so that YAML's reader decides.
    """
    if len(text) > limits.scalar_characters or text.count(":") > limits.keys or _SURROGATE.search(text):
        return None
    try:
        values = _read(text)
    except (ValueError, RecursionError):
        return None
    brackets = text.count("{") + text.count("[")
    if brackets > limits.depth and any(deeper_than(found.value, limits.depth) for found in values):
        return None
    return values


def _read(text: str) -> list[JsonValue]:
    values: list[JsonValue] = []
    position = _skip_space(text, 0)
    while position < len(text):
        value, end = _DECODER.raw_decode(text, position)
        if not isinstance(value, dict):
            raise ValueError("only objects may stand in a row")
        values.append(JsonValue(value=value, start=position, end=end))
        position = _skip_space(text, end)
    return values


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= SAFE_DIGITS else _float(digits)


def _float(digits: str) -> int | float:
    value = number(digits)
    if isinstance(value, str):
        raise ValueError("beyond 64 bit")
    return json_number(value)


def _constant(_name: str) -> float:
    raise ValueError("no JSON")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_constant)


def deeper_than(value: Json, limit: int) -> bool:
    """Tell whether containers nest deeper than a limit, without recursion.

    Args:
        value: plain JSON.
        limit: how many containers may stand inside each other.

    Returns:
        Whether there are more.
    """
    level: list[Json] = [value]
    for _ in range(limit):
        level = [child for container in level for child in _nested(container)]
        if not level:
            return False
    return True


def _nested(container: Json) -> list[Json]:
    if isinstance(container, dict):
        return [child for child in container.values() if isinstance(child, dict | list)]
    if isinstance(container, list):
        return [child for child in container if isinstance(child, dict | list)]
    return []
