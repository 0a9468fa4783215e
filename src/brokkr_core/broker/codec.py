"""JSON of the broker to values and back, strictly.

A plain converter turns ``"is_deletion_marker": "false"`` into True, and a stack is deleted. Here a value has the
agreed JSON type or it is a fault; every fault of an answer is listed with its place. Unknown fields are ignored, so
that a newer broker still works. No value is ever quoted in a fault: it may be somebody's Secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import GenericAlias
from typing import Any, NoReturn, TypeVar, get_args

import attrs
from cattrs import BaseConverter, Converter, transform_error
from cattrs.gen import make_dict_structure_fn

from brokkr_core.broker.credentials import Pak
from brokkr_core.errors import ConfigError, DecodeError, UsageError
from brokkr_core.model.broker import AnyJson, Uuid
from brokkr_core.model.json import Json

T = TypeVar("T")

#: More faults than this say nothing new; the rest is counted.
FAULT_LIMIT = 100

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: The broker writes 0, 3, 6 or 9 fractional digits (contract section 1); RFC 3339 allows any number.
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class _FaultError(ValueError):
    """A value of the wrong kind; the text never quotes it."""


def structure(model: type[T], value: Json) -> T:
    """Turn a JSON value into a value of the model.

    Args:
        model: an attrs class of :mod:`brokkr_core.model.broker`, or ``tuple[<such a class>, ...]``.
        value: what was received.

    Returns:
        The value.

    Raises:
        DecodeError: the JSON does not fit; every fault is listed as ``problem @ $.path``.
    """
    try:
        return _CONVERTER.structure(value, model)
    except Exception as error:
        faults = transform_error(error, path="$", format_exception=_plain)
        if len(faults) > FAULT_LIMIT:
            faults = [*faults[:FAULT_LIMIT], f"and {len(faults) - FAULT_LIMIT} more @ $"]
        raise DecodeError(_name_of(model), faults) from None


def encode(value: object) -> bytes:
    """Turn a model value or plain JSON into the bytes of a request body.

    Args:
        value: an attrs value, or JSON.

    Returns:
        Compact JSON, UTF-8. Halves of surrogate pairs, which no UTF-8 text can hold, become ``?``.

    Raises:
        UsageError: a number is NaN or infinite, or a time has no time zone.
    """
    try:
        plain = _CONVERTER.unstructure(value)
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise UsageError(f"{type(value).__name__} cannot be sent: {error}") from None
    return text.encode("utf-8", "replace")


def parse_timestamp(text: str) -> datetime:
    """Read an RFC 3339 time with 0 to 9 fractional digits; digits past microseconds are dropped.

    Args:
        text: for example ``2026-08-02T10:00:05.250000Z``.

    Returns:
        The time in UTC.

    Raises:
        ValueError: it is no such time.
    """
    if _TIMESTAMP.fullmatch(text) is None:
        raise _FaultError("expected an RFC 3339 time, got other text")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _FaultError("expected an RFC 3339 time, got one that is not on the calendar") from None


def _kind(value: object) -> str:
    kinds: dict[type, str] = {
        type(None): "null", bool: "true or false", int: "a whole number", float: "a fraction", str: "text",
        list: "a list", dict: "an object",
    }  # fmt: skip
    return kinds.get(type(value), type(value).__name__)


def _expect(kind: type[T], value: object) -> T:
    # Exactly that type: bool is an int in Python, and not in JSON.
    if type(value) is not kind:
        raise _FaultError(f"expected {_kind(kind())}, got {_kind(value)}")
    return value


def _bool(value: object, _type: object) -> bool:
    return _expect(bool, value)


def _int(value: object, _type: object) -> int:
    return _expect(int, value)


def _text(value: object, _type: object) -> str:
    text = _expect(str, value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _FaultError("text holds half a surrogate pair") from None
    return text


def _word(value: object, kind: type[StrEnum]) -> StrEnum:
    text = _expect(str, value)
    try:
        return kind(text)
    except ValueError:
        raise _FaultError(f"expected one of {', '.join(kind)}, got other text") from None


def _uuid(value: object, _type: object) -> str:
    text = _expect(str, value)
    if _UUID.fullmatch(text) is None:
        raise _FaultError("expected a UUID, lower case with hyphens, got other text")
    return text


def _json(value: object, _type: object) -> object:
    """Keep a value as it is, once it is known that all its texts could be sent on."""
    if isinstance(value, str):
        return _text(value, str)
    for inner in value if isinstance(value, list) else ():
        _json(inner, object)
    for name, inner in value.items() if isinstance(value, dict) else ():
        _text(name, str)
        _json(inner, object)
    return value


def _text_map(value: object, _type: object) -> dict[str, str]:
    members = _expect(dict, value)
    return {_text(name, str): _text(text, str) for name, text in members.items()}


def _time(value: object, _type: object) -> datetime:
    return parse_timestamp(_expect(str, value))


def _pak(value: object, _type: object) -> Pak:
    try:
        return Pak(text=_expect(str, value))
    except ConfigError as error:
        raise _FaultError(error.faults[0]) from None


def _write_pak(_pak: Pak) -> NoReturn:
    raise _FaultError("a PAK never goes into a body")


def format_timestamp(value: datetime) -> str:
    """Write a time as the broker reads it: RFC 3339, UTC, ``Z``; a ValueError when it has no time zone."""
    if value.tzinfo is None:
        raise _FaultError("a time needs a time zone")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _object_hook(model: Any, converter: BaseConverter) -> Callable[[object, Any], Any]:
    inner = make_dict_structure_fn(model, converter)
    return lambda value, kind: inner(_expect(dict, value), kind)


def _tuple_hook(model: Any, converter: BaseConverter) -> Callable[[object, Any], Any]:
    as_list = GenericAlias(list, (get_args(model)[0],))
    inner = converter.get_structure_hook(as_list)
    return lambda value, _type: tuple(inner(_expect(list, value), as_list))


def _is_uuid(kind: object) -> bool:
    return kind == Uuid


def _is_json(kind: object) -> bool:
    return kind == AnyJson


def _is_text_map(kind: object) -> bool:
    return kind == Mapping[str, str]


def _is_tuple(kind: object) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _plain(error: BaseException, _type: object) -> str:
    if isinstance(error, KeyError):
        return "required field missing"
    return str(error) if isinstance(error, _FaultError) else f"cannot be read ({type(error).__name__})"


def _name_of(model: Any) -> str:
    name: str = model.__name__ if attrs.has(model) else f"list of {get_args(model)[0].__name__}"
    return name


def _build() -> Converter:
    converter = Converter(detailed_validation=True)
    converter.register_structure_hook(bool, _bool)
    converter.register_structure_hook(int, _int)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(StrEnum, _word)
    converter.register_structure_hook(datetime, _time)
    converter.register_unstructure_hook(datetime, format_timestamp)
    converter.register_structure_hook(Pak, _pak)
    converter.register_unstructure_hook(Pak, _write_pak)
    converter.register_structure_hook_func(_is_uuid, _uuid)
    converter.register_structure_hook_func(_is_json, _json)
    converter.register_structure_hook_func(_is_text_map, _text_map)
    converter.register_structure_hook_factory(attrs.has, _object_hook)
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    return converter


_CONVERTER = _build()
