"""Lists: what is selected, at which version, and which page of it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_int, as_text
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.options import Call, is_true, whole_number
from brokkr_core.testing.cluster.resource import Key
from brokkr_core.testing.cluster.selectors import selector
from brokkr_core.testing.cluster.status import Fault, Refusal, Target, bad_request, expired, invalid, unclassified

_BAD_CONTINUE = "invalid continue token: continue key is not valid"
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
    "the results. Continuing with the provided token results in an inconsistent list - objects that were "
    "created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


@frozen(kw_only=True)
class Page:
    """A part of a list.

    Args:
        version: the resourceVersion the whole list is true at.
        token: what to send as ``continue`` for the next page; empty on the last one.
        remaining: how many objects follow, when that is known.
    """

    items: list[JsonObject]
    version: int
    token: str = ""
    remaining: int | None = None


@frozen(kw_only=True)
class _Token:
    version: int
    after: Key

    def encoded(self) -> str:
        value: list[Json] = [self.version, *self.after]
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def read_page(core: Core, call: Call, query: Mapping[str, str]) -> Page:
    """Return the page a query asks for.

    Args:
        core: the cluster.
        call: the request; an empty namespace means all of them.
        query: selectors, limit, continue, resourceVersion.

    Raises:
        Refusal: a parameter cannot be read (400), is too old (410) or from the future (504).
    """
    check_match(query)
    selects = selector(call.resource, query.get("labelSelector", ""), query.get("fieldSelector", ""))
    token = _read_token(query["continue"]) if query.get("continue") else None
    version = _version(core, query, token)
    rows = [
        (key, body)
        for key, body in sorted(_objects(core, call, version).items(), key=lambda row: row[0])
        if (not call.namespace or key[0] == call.namespace) and selects(body)
    ]
    if token is not None:
        rows = [row for row in rows if row[0] > token.after]
    return _page(rows, whole_number(query, "limit"), version, query)


def _objects(core: Core, call: Call, version: int) -> dict[Key, JsonObject]:
    if version == core.store.version:
        return core.store.all(call.resource.storage_id)
    return core.store.at_version(call.resource.storage_id, version)


def _page(rows: list[tuple[Key, JsonObject]], limit: int, version: int, query: Mapping[str, str]) -> Page:
    if not limit or len(rows) <= limit:
        return Page(items=[body for _, body in rows], version=version)
    selected = query.get("labelSelector") or query.get("fieldSelector")
    return Page(
        items=[body for _, body in rows[:limit]],
        version=version,
        token=_Token(version=version, after=rows[limit - 1][0]).encoded(),
        remaining=None if selected else len(rows) - limit,
    )


def _version(core: Core, query: Mapping[str, str], token: _Token | None) -> int:
    if token is not None:
        if token.version < core.store.oldest_version:
            raise expired(_TOO_OLD)
        return token.version
    asked = read_version(query)
    check_not_future(core, asked)
    if query.get("resourceVersionMatch") != "Exact" or not asked:
        return core.store.version
    if asked < core.store.oldest_version:
        raise expired(f"The resourceVersion for the provided list is too old: {asked}")
    return asked


def check_match(query: Mapping[str, str]) -> None:
    """Refuse a ``resourceVersionMatch`` that is unknown or stands where it means nothing.

    Raises:
        Refusal: 422.
    """
    match, watched = query.get("resourceVersionMatch", ""), is_true(query, "watch")
    reason, message = "FieldValueForbidden", ""
    if watched and is_true(query, "sendInitialEvents"):
        if match != "NotOlderThan":
            message = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
    elif match and watched:
        message = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
    elif match and not query.get("resourceVersion"):
        message = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
    elif match not in {"", "Exact", "NotOlderThan"}:
        reason = "FieldValueNotSupported"
        message = f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan", ""'
    if message:
        fault = Fault(reason=reason, message=message, field="resourceVersionMatch")
        raise invalid(Target(group="meta.k8s.io", plural="", kind="ListOptions"), [fault])


def read_version(query: Mapping[str, str]) -> int:
    """Read ``resourceVersion``; absent is 0.

    Raises:
        Refusal: 400.
    """
    text = query.get("resourceVersion", "")
    if text and not text.isdigit():
        problem = f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        if is_true(query, "watch"):
            raise unclassified(f"resourceVersion: {problem}")
        raise bad_request(f"invalid resource version: resourceVersion: {problem}")
    return int(text or 0)


def check_not_future(core: Core, version: int) -> None:
    """Refuse a resourceVersion this server has not reached.

    Raises:
        Refusal: 504.
    """
    if version > core.store.version:
        text = f"Too large resource version: {version}, current: {core.store.version}"
        cause = Fault(reason="ResourceVersionTooLarge", message="Too large resource version")
        raise Refusal(504, "Timeout", f"Timeout: {text}", causes=[cause], retry_after_seconds=1)


def _read_token(text: str) -> _Token:
    try:
        value: Json = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except binascii.Error as error:
        raise bad_request(f"{_BAD_CONTINUE}: illegal base64 data at input byte 0") from error
    except ValueError as error:
        raise bad_request(f"{_BAD_CONTINUE}: {error}") from error
    if not isinstance(value, list) or len(value) != 3:
        raise bad_request(f"{_BAD_CONTINUE}: encoded start key is malformed")
    return _Token(version=as_int(value[0]), after=(as_text(value[1]), as_text(value[2])))
