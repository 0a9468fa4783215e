"""Bodies in protobuf, which typed Go clients send for built-in kinds: ``kubectl create`` and ``kubectl auth`` do.

Only reading: every such client takes JSON for an answer.
(apimachinery ``runtime/serializer/protobuf/protobuf.go``; the numbers of the fields are in the ``.proto`` files.)
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

from brokkr_core.model.json import Json, JsonObject, as_list, as_object
from brokkr_core.testing.cluster.clock import rfc3339

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
TABLE = "protobuf-1.37.json.gz"

_MAGIC = b"k8s\x00"

#: How a value is written (protobuf's wire types), and how long the two of fixed length are.
_VARINT, _DELIMITED = 0, 2
_FIXED: Final = {1: 8, 5: 4}

_Raw: TypeAlias = int | bytes
#: Name, type and how often, by the number of the field.
_Fields: TypeAlias = Mapping[str, tuple[str, str, str]]


class ProtobufError(ValueError):
    """A body that is no protobuf, or none of a kind that is known; the text says which."""


@cache
def _messages() -> Mapping[str, _Fields]:
    packed = files("brokkr_core.testing.cluster.tables").joinpath(TABLE).read_bytes()
    table: Mapping[str, _Fields] = json.loads(gzip.decompress(packed))
    return table


def read_protobuf(body: bytes) -> JsonObject:
    """Read an object as the JSON it stands for.

    Args:
        body: the magic number and a ``runtime.Unknown`` with the object in it.

    Raises:
        ProtobufError: it is no such body.
    """
    if not body.startswith(_MAGIC):
        raise ProtobufError("the body does not begin with the magic number of Kubernetes' protobuf")
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        about = {number: _text(value) for number, value in _fields(_bytes(envelope.get(1, b"")))}
        api_version, kind = about.get(1, ""), about.get(2, "")
        inside = _read(_bytes(envelope.get(2, b"")), _message_of(api_version, kind))
    except (IndexError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ProtobufError(f"the body is no protobuf: {error}") from error
    return {"apiVersion": api_version, "kind": kind, **inside}


def _message_of(api_version: str, kind: str) -> str:
    group, _, version = api_version.rpartition("/")
    package = group.partition(".")[0] or "core"
    for name in (f"k8s.io.api.{package}.{version}.{kind}", f"k8s.io.apimachinery.pkg.apis.meta.v1.{kind}"):
        if name in _messages():
            return name
    raise ProtobufError(f"no protobuf is known for {api_version} {kind}")


def _fields(body: bytes) -> Iterator[tuple[int, _Raw]]:
    at = 0
    while at < len(body):
        tag, at = _varint(body, at)
        wire, value = tag & 7, b""
        if wire == _VARINT:
            number, at = _varint(body, at)
            yield tag >> 3, number
            continue
        if wire == _DELIMITED:
            length, at = _varint(body, at)
        elif wire in _FIXED:
            length = _FIXED[wire]
        else:
            raise ProtobufError(f"the body is no protobuf: there is no wire type {wire}")
        value, at = body[at : at + length], at + length
        if at > len(body):
            raise ProtobufError("the body is no protobuf: it breaks off in the middle")
        yield tag >> 3, value


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _read(body: bytes, message: str) -> JsonObject:
    known = _messages()[message]
    out: JsonObject = {}
    for number, raw in _fields(body):
        if str(number) in known:
            _take(out, known[str(number)], raw)
    return out


def _take(out: JsonObject, field: tuple[str, str, str], raw: _Raw) -> None:
    name, type_name, often = field
    if often == "inline":
        out.update(_read(_bytes(raw), type_name))
    elif often == "map":
        entry = dict(_fields(_bytes(raw)))
        out[name] = {**as_object(out.get(name)), _text(entry.get(1, b"")): _value(entry.get(2, b""), type_name)}
    elif often == "one":
        value = _value(raw, type_name)
        # Go writes every text that is no pointer, so an empty one nearly always means that there is none.
        if value not in ("", None):
            out[name] = value
    else:
        out[name] = [*as_list(out.get(name)), _value(raw, type_name)]


def _value(raw: _Raw, type_name: str) -> Json:
    if type_name in _SCALARS:
        return _SCALARS[type_name](raw)
    if type_name in _SPECIAL:
        return _SPECIAL[type_name](dict(_fields(_bytes(raw))))
    inside = _read(_bytes(raw), type_name)
    is_list = any(often == "whole" for _, _, often in _messages()[type_name].values())
    return as_list(inside.get("items")) if is_list else inside


def _bytes(raw: _Raw) -> bytes:
    if isinstance(raw, int):
        raise ProtobufError("the body is no protobuf: a number stands where a message or text should")
    return raw


def _text(raw: _Raw) -> str:
    return _bytes(raw).decode()


def _number(raw: _Raw) -> int:
    if not isinstance(raw, int):
        raise ProtobufError("the body is no protobuf: text stands where a number should")
    return raw - (1 << 64) if raw >> 63 else raw


def _int_or_string(fields: Mapping[int, _Raw]) -> Json:
    return _text(fields.get(3, b"")) if fields.get(1) else _number(fields.get(2, 0))


def _time(fields: Mapping[int, _Raw]) -> Json:
    return rfc3339(datetime.fromtimestamp(_number(fields.get(1, 0)), UTC)) if fields else None


def _micro_time(fields: Mapping[int, _Raw]) -> Json:
    text = _time(fields)
    micros = _number(fields.get(2, 0)) // 1000
    return text.replace("Z", f".{micros:06}Z") if isinstance(text, str) else None


def _embedded(fields: Mapping[int, _Raw]) -> Json:
    value: Json = json.loads(_bytes(fields.get(1, b"")) or b"null")
    return value


_SCALARS: Final[Mapping[str, Callable[[_Raw], Json]]] = {
    "bool": lambda raw: _number(raw) != 0,
    "bytes": lambda raw: base64.b64encode(_bytes(raw)).decode(),
    "int": _number,
    "string": _text,
}

_MACHINERY: Final = "k8s.io.apimachinery.pkg"
_SPECIAL: Final[Mapping[str, Callable[[Mapping[int, _Raw]], Json]]] = {
    f"{_MACHINERY}.api.resource.Quantity": lambda fields: _text(fields.get(1, b"")),
    f"{_MACHINERY}.apis.meta.v1.FieldsV1": _embedded,
    f"{_MACHINERY}.apis.meta.v1.MicroTime": _micro_time,
    f"{_MACHINERY}.apis.meta.v1.Time": _time,
    f"{_MACHINERY}.runtime.RawExtension": _embedded,
    f"{_MACHINERY}.util.intstr.IntOrString": _int_or_string,
}
