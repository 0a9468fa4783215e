"""Rows as the JSON that leaves the broker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import attrs

from brokkr_core.model.http import Response
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.broker.records import Row


def timestamp(moment: datetime) -> str:
    """Write a time as the broker does: RFC 3339, UTC, ``Z``, with 0, 3 or 6 fractional digits (contract 1)."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond == 0:
        return f"{text}Z"
    if moment.microsecond % 1000 == 0:
        return f"{text}.{moment.microsecond // 1000:03d}Z"
    return f"{text}.{moment.microsecond:06d}Z"


def row_json(row: Row) -> JsonObject:
    """Return every public member of a row; absent ones are null, most are not left out (contract 1)."""
    members = attrs.fields(type(row))
    return {
        member.name: plain(value)
        for member in members
        for value in [getattr(row, member.name)]
        if not member.metadata.get("private") and not (value is None and member.metadata.get("omit_null"))
    }


def one(status: int, row: Row) -> Response:
    """Answer with one row."""
    return Response.of_json(status, row_json(row))


def many(rows: Iterable[Row]) -> Response:
    """Answer 200 with a bare array of rows."""
    return Response.of_json(200, [row_json(row) for row in rows])


def nothing(status: int) -> Response:
    """Answer without a body."""
    return Response(status=status)


def plain(value: object) -> Json:
    """Return the JSON form of what a row holds.

    Raises:
        TypeError: rows do not hold such things.
    """
    if isinstance(value, datetime):
        return timestamp(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")
