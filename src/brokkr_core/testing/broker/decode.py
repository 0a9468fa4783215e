"""Reading request bodies: every refusal here comes before a handler looks at who is asking (contract 3)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import NoReturn, TypeVar
from uuid import UUID

from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.broker.errors import RefusedError, refuse_text
from brokkr_core.testing.broker.settings import BODY_LIMIT_BYTES

T = TypeVar("T")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_INT32 = range(-(2**31), 2**31)


def parse_uuid(text: str) -> str | None:
    """Return a UUID in lower case with hyphens, or None when the text is none."""
    bare = text.removeprefix("urn:uuid:")
    return str(UUID(bare)) if _UUID.fullmatch(bare) else None


def limited_body(request: Request, limit_bytes: int = BODY_LIMIT_BYTES) -> bytes:
    """Return the body of a request.

    Raises:
        RefusedError: 413, it is larger than the limit.
    """
    if len(request.body) > limit_bytes:
        raise refuse_text(413, "Failed to buffer the request body: length limit exceeded")
    return request.body


def media_type(request: Request) -> str:
    """Return the content type of a request without parameters, lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def parse_json(body: bytes) -> Json:
    """Read JSON strictly: no NaN, no lone surrogates, UTF-8 only.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        value: Json = json.loads(body.decode(), parse_constant=_no_constant)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def json_body(request: Request) -> Json:
    """Read the body of a JSON endpoint.

    Returns:
        The value, of any shape.

    Raises:
        RefusedError: 415 for the content type, 413 for the size, 400 for the syntax; all with a text body.
    """
    media = media_type(request)
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise refuse_text(415, "Expected request with `Content-Type: application/json`")
    body = limited_body(request)
    try:
        return parse_json(body)
    except ValueError as error:
        raise refuse_text(400, f"Failed to parse the request body as JSON: {error}") from None


def object_body(request: Request) -> Fields:
    """Read a body that must be a JSON object.

    Raises:
        RefusedError: as ``json_body``, and 422 when it is anything but an object.
    """
    return Fields(as_shape(json_body(request), "the body"))


def as_shape(value: Json, where: str) -> JsonObject:
    """Return the value if it is an object, else refuse with 422 and a text."""
    if not isinstance(value, dict):
        raise misshapen(f"{where}: expected an object")
    return value


def misshapen(problem: str) -> RefusedError:
    """Make the refusal of JSON that has the wrong shape."""
    return refuse_text(422, f"Failed to deserialize the JSON body into the target type: {problem}")


class Fields:
    """The members of one JSON object, read with their types; unknown members are ignored (contract 1).

    Args:
        members: the object.
        where: where it stands, for the text of a refusal.
    """

    def __init__(self, members: JsonObject, where: str = "") -> None:
        self._members = members
        self._where = where

    def text(self, name: str) -> str:
        """Return a text member, or refuse."""
        return self._required(name, self.optional_text(name))

    def optional_text(self, name: str) -> str | None:
        """Return a text member; None when absent or null."""
        value = self._members.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong(name, "a string")

    def uuid(self, name: str) -> str:
        """Return a UUID member, or refuse."""
        return self._required(name, self.optional_uuid(name))

    def optional_uuid(self, name: str) -> str | None:
        """Return a UUID member; None when absent or null."""
        text = self.optional_text(name)
        if text is None:
            return None
        found = parse_uuid(text)
        if found is None:
            raise self._wrong(name, "a UUID")
        return found

    def boolean(self, name: str) -> bool:
        """Return a boolean member, or refuse."""
        return self._required(name, self.optional_boolean(name))

    def optional_boolean(self, name: str) -> bool | None:
        """Return a boolean member; None when absent or null."""
        value = self._members.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self._wrong(name, "a boolean")

    def int32(self, name: str) -> int:
        """Return a 32-bit number, or refuse."""
        return self._required(name, self.optional_int32(name))

    def optional_int32(self, name: str) -> int | None:
        """Return a 32-bit number; None when absent or null."""
        value = self._members.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value in _INT32:
            return value
        raise self._wrong(name, "a 32-bit integer")

    def time(self, name: str) -> datetime:
        """Return an RFC 3339 time, or refuse."""
        return self._required(name, self.optional_time(name))

    def optional_time(self, name: str) -> datetime | None:
        """Return an RFC 3339 time; None when absent or null."""
        text = self.optional_text(name)
        if text is None:
            return None
        found = parse_time(text)
        if found is None:
            raise self._wrong(name, "an RFC 3339 time")
        return found

    def items(self, name: str) -> list[Json]:
        """Return a list member, or refuse."""
        return self._required(name, self.optional_items(name))

    def optional_items(self, name: str) -> list[Json] | None:
        """Return a list member; None when absent or null."""
        value = self._members.get(name)
        if value is None or isinstance(value, list):
            return value
        raise self._wrong(name, "a list")

    def optional_object(self, name: str) -> Fields | None:
        """Return an object member; None when absent or null."""
        value = self._members.get(name)
        if value is None:
            return None
        return Fields(as_shape(value, self._path(name)), f"{self._path(name)}.")

    def optional_uuids(self, name: str) -> list[str] | None:
        """Return a list of UUIDs; None when absent or null."""
        values = self.optional_items(name)
        found = [parse_uuid(value) if isinstance(value, str) else None for value in values or ()]
        uuids = [one for one in found if one is not None]
        if len(uuids) != len(found):
            raise self._wrong(name, "a list of UUIDs")
        return None if values is None else uuids

    def optional_texts(self, name: str) -> list[str] | None:
        """Return a list of texts; None when absent or null."""
        values = self.optional_items(name)
        texts = [value for value in values or () if isinstance(value, str)]
        if values is not None and len(texts) != len(values):
            raise self._wrong(name, "a list of strings")
        return None if values is None else texts

    def optional_text_map(self, name: str) -> dict[str, str] | None:
        """Return an object whose members are texts; None when absent or null."""
        value = self._members.get(name)
        if value is None:
            return None
        members = as_shape(value, self._path(name))
        texts = {key: text for key, text in members.items() if isinstance(text, str)}
        if len(texts) != len(members):
            raise self._wrong(name, "an object of strings")
        return texts

    def any(self, name: str) -> Json:
        """Return a member of any type, null included, or refuse when it is absent."""
        if name not in self._members:
            raise misshapen(f"missing field `{self._path(name)}`")
        return self._members[name]

    def _path(self, name: str) -> str:
        return f"{self._where}{name}"

    def _required(self, name: str, value: T | None) -> T:
        if value is None:
            raise misshapen(f"missing field `{self._path(name)}`")
        return value

    def _wrong(self, name: str, expected: str) -> RefusedError:
        return misshapen(f"`{self._path(name)}`: expected {expected}")


def parse_time(text: str) -> datetime | None:
    """Return an RFC 3339 time in UTC, or None when the text is none."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
