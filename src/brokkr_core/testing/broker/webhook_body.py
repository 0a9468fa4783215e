"""Reading and checking the body of a webhook subscription, with refusals of its own (contract 3 and 6.10)."""

from __future__ import annotations

from typing import Any

from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.broker.decode import Fields, as_shape, json_body
from brokkr_core.testing.broker.errors import RefusedError, check_width, refuse
from brokkr_core.testing.broker.records_hooks import SubscriptionRow

_NAME_WIDTH = 255
_MOST_RETRIES = 10
_MOST_SECONDS = 300


def read_new(request: Request) -> dict[str, Any]:
    """Return the members of a new subscription.

    Raises:
        RefusedError: 422 ``invalid_request_body`` or ``unsupported_field``, or a framework's refusal.
    """
    members = _members(request)
    if "validate" in members:
        raise _unsupported("validate", "POST /webhooks/{id}/test")
    values = _values(members)
    missing = [name for name in ("name", "url", "event_types") if name not in values]
    if missing:
        raise _misshapen(f"missing field `{missing[0]}`")
    values.pop("enabled", None)
    return values


def read_changes(request: Request) -> dict[str, Any]:
    """Return the members to change; a null changes nothing. Raises as ``read_new``."""
    return _values(_members(request))


def check(row: SubscriptionRow) -> None:
    """Refuse what no subscription may be.

    Raises:
        RefusedError: 400 or 422, as contract 6.10 has them.
    """
    if not row.url.strip():
        raise refuse(400, "url_required", "a webhook needs a URL")
    if not row.url.startswith(("http://", "https://")):
        raise refuse(400, "invalid_url_scheme", "the URL must begin with http:// or https://")
    if not row.name.strip() or len(row.name) > _NAME_WIDTH:
        raise refuse(400, "invalid_webhook", f"the name has 1 to {_NAME_WIDTH} characters")
    if not row.event_types:
        raise refuse(400, "invalid_webhook", "name at least one event type")
    _check_numbers(row)


def check_changed(row: SubscriptionRow) -> None:
    """Refuse what no subscription may turn into: of a change only the numbers are checked (measured).

    Raises:
        RefusedError: 422 for a number, 500 for a name that is too long.
    """
    _check_numbers(row)
    check_width(_NAME_WIDTH, row.name)


def _check_numbers(row: SubscriptionRow) -> None:
    if not 0 <= row.max_retries <= _MOST_RETRIES:
        raise refuse(422, "invalid_webhook", f"max_retries is from 0 to {_MOST_RETRIES}")
    if not 1 <= row.timeout_seconds <= _MOST_SECONDS:
        raise refuse(422, "invalid_webhook", f"timeout_seconds is from 1 to {_MOST_SECONDS}")


def _members(request: Request) -> JsonObject:
    value = json_body(request)
    try:
        return as_shape(value, "the body")
    except RefusedError as refused:
        raise _misshapen(refused.response.body.decode()) from None


def _values(members: JsonObject) -> dict[str, Any]:
    """Read the members that are given and not null; a wrong type gets the code of contract 3."""
    fields = Fields(members)
    try:
        values: dict[str, Any] = {name: fields.optional_text(name) for name in ("name", "url", "auth_header")}
        values |= {name: fields.optional_int32(name) for name in ("max_retries", "timeout_seconds")}
        for name in ("event_types", "target_labels"):
            texts = fields.optional_texts(name)
            values[name] = None if texts is None else tuple(texts)
        values["enabled"] = fields.optional_boolean("enabled")
        values["filters"] = _filters(members.get("filters"))
    except RefusedError as refused:
        if refused.response.content_type == "application/json":
            raise
        raise _misshapen(refused.response.body.decode()) from None
    return {name: value for name, value in values.items() if value is not None}


def _filters(value: Json) -> dict[str, str] | None:
    if value is None:
        return None
    members = as_shape(value, "`filters`")
    if "labels" in members:
        raise _unsupported("filters.labels", "target_labels")
    fields = Fields(members, "filters.")
    read = {name: fields.optional_uuid(name) for name in ("agent_id", "stack_id")}
    return {name: one for name, one in read.items() if one is not None}


def _misshapen(problem: str) -> RefusedError:
    return refuse(422, "invalid_request_body", problem)


def _unsupported(field: str, instead: str) -> RefusedError:
    details: JsonObject = {"field": field, "use_instead": instead}
    return refuse(422, "unsupported_field", f"{field} is not supported", details)
