"""Changing a record that the broker wants back as a whole (contract 6.2 and 6.3)."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.broker.answer import decode
from brokkr_core.broker.jsontext import parse_json
from brokkr_core.broker.operations import Caller, Operation
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import Uuid
from brokkr_core.model.json import JsonObject, as_object


@frozen(kw_only=True)
class Named:
    """What every record that can be changed has."""

    id: Uuid
    name: str


def whole_record(
    caller: Caller, reading: Operation, *, name: str | None, description: str | None, **segments: str
) -> JsonObject:
    """Read a record with all its members, also those this client does not know, and change two of them.

    Args:
        caller: sends the request.
        reading: how the record is read.
        name: its new name; None leaves it alone.
        description: its new description; None leaves it alone.
        segments: ids for the path.

    Returns:
        The record to send back.

    Raises:
        UsageError: nothing is to be changed.
    """
    wanted = {"name": name, "description": description}
    changes: JsonObject = {member: text for member, text in wanted.items() if text is not None}
    if not changes:
        raise UsageError(f"{reading.path}: give at least one of name, description")
    request = reading.request(query=None, **segments)
    response = caller.call(request, repeat=reading.repeat)
    decode(Named, response, endpoint=request.endpoint)
    return {**as_object(parse_json(response.body)), **changes}
