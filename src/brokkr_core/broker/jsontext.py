"""JSON text to JSON values, as strictly as RFC 8259 has it."""

from __future__ import annotations

import json
from typing import NoReturn, cast

from brokkr_core.errors import DecodeError
from brokkr_core.model.json import Json


class _NoJsonError(ValueError):
    """Well-formed for Python, and no JSON; the text never quotes a value."""


def parse_json(body: bytes) -> Json:
    """Read JSON text as RFC 8259 has it: UTF-8, no NaN, no field twice; as :func:`text_of` and :func:`parse_text`."""
    return parse_text(text_of(body))


def text_of(body: bytes) -> str:
    """Read bytes as UTF-8, so that who has a large body can let go of it before it is parsed.

    Args:
        body: the whole text.

    Returns:
        The text.

    Raises:
        DecodeError: it is no UTF-8.
    """
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise DecodeError("JSON", [f"not UTF-8 at byte {error.start} @ $"]) from None


def parse_text(text: str) -> Json:
    """Read JSON text as RFC 8259 has it: no NaN, no field twice.

    Args:
        text: the whole text.

    Returns:
        The value.

    Raises:
        DecodeError: it is no such text, or nested beyond reason.
    """
    try:
        return cast("Json", json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        raise DecodeError("JSON", [f"{error.msg} at line {error.lineno}, column {error.colno} @ $"]) from None
    except RecursionError:
        raise DecodeError("JSON", ["nested too deeply @ $"]) from None
    except ValueError as error:
        problem = str(error) if isinstance(error, _NoJsonError) else "a number has too many digits"
        raise DecodeError("JSON", [f"{problem} @ $"]) from None


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NoJsonError("an object has a field twice")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise _NoJsonError("NaN and Infinity are no JSON")
