"""Request bodies: JSON, or YAML where the API takes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

import yaml

from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.protobuf import MEDIA_TYPE, ProtobufError, read_protobuf
from brokkr_core.testing.cluster.status import Refusal, bad_request, unsupported_media_type

#: The largest body a server reads, in bytes.
LARGEST = 3 * 1024 * 1024

_OBJECTS = ("application/json", "application/yaml", MEDIA_TYPE)
_DECODER = json.JSONDecoder()


def content_type(request: Request) -> str:
    """Return the media type of the body, lower case; empty when there is none."""
    return _media_type(request.headers.get("content-type", ""))


@lru_cache(maxsize=256)
def _media_type(header: str) -> str:
    """Clients send few different ones, and every body is asked for it several times."""
    return header.partition(";")[0].strip().lower()


def too_large() -> Refusal:
    """Refuse a body that is larger than ``LARGEST``."""
    return Refusal(413, "RequestEntityTooLarge", f"Request entity too large: limit is {LARGEST}")


def read_object(request: Request, accepted: Sequence[str] = _OBJECTS) -> JsonObject:
    """Read a body that must be an object; an empty body is an empty object.

    Raises:
        Refusal: 400 or 415.
    """
    kind = content_type(request)
    if request.body and kind and kind not in accepted:
        raise unsupported_media_type(accepted)
    value = _read(request.body, kind)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request("the object provided is unrecognized: it is no JSON object")
    return value


def read_value(request: Request) -> Json:
    """Read any body; an empty one is null.

    Raises:
        Refusal: 400, or 413 when it is too large.
    """
    return _read(request.body, content_type(request))


def _read(body: bytes, kind: str) -> Json:
    if len(body) > LARGEST:
        raise too_large()
    if not body.strip():
        return None
    if kind == MEDIA_TYPE:
        return _read_protobuf(body)
    try:
        value: Json = _DECODER.decode(body.decode())
    except ValueError as error:
        if "yaml" not in kind:
            raise bad_request(
                f"the object provided is unrecognized: couldn't get version/kind; json parse error: {error}"
            ) from error
        return _read_yaml(body)
    return value


def _read_protobuf(body: bytes) -> Json:
    try:
        return read_protobuf(body)
    except ProtobufError as error:
        raise bad_request(f"error decoding protobuf: {error}") from error


def _read_yaml(body: bytes) -> Json:
    try:
        value: object = yaml.safe_load(body)
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {type(error).__name__}") from error
    out: Json = json.loads(json.dumps(value, default=str))
    return out
