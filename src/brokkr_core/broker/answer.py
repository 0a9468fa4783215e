"""What an answer means: the agreed value, nothing, or a no with its reasons."""

from __future__ import annotations

import json
from typing import TypeVar

from attrs import evolve

from brokkr_core.broker.codec import structure
from brokkr_core.broker.credentials import hide_paks
from brokkr_core.broker.jsontext import parse_json, parse_text, text_of
from brokkr_core.errors import FOREIGN_TEXT_LIMIT, BrokerAuthError, BrokerError, DecodeError, NotABrokerError, cut
from brokkr_core.model.http import Response
from brokkr_core.model.json import Json, as_object, as_text

T = TypeVar("T")

#: Answers without a body are common (contract 2.4); this says what they mean.
_EMPTY_BODY = {
    401: "the PAK is unknown: wrong, rotated, or its agent or generator was deleted",
    403: "the read-only PAK of the console may not do this",
    405: "no such method here; is something in front of the broker rewriting requests?",
    500: "the broker failed before it could say why (its database, or a panic)",
}

#: Names an exchange in the logs of both sides; a proxy may put its own in place of ours.
REQUEST_ID = "x-request-id"

#: So much of a foreign text is searched for PAKs; hidden or not, more than is ever shown.
_LOOKED_AT = 4096

_LOOK_AT_URL = "look at the broker URL and at what stands in front of the broker"


def decode(model: type[T], response: Response, *, endpoint: str) -> T:
    """Read the value out of a good answer.

    Args:
        model: what is due: an attrs class, or ``tuple[<such a class>, ...]`` for a JSON array.
        response: the answer, with a 2xx status.
        endpoint: method and path that were asked, for messages.

    Returns:
        The value.

    Raises:
        NotABrokerError: the body is empty, no JSON, or not announced as JSON (contract section 1: the console
            answers unknown paths with 200 and HTML).
        DecodeError: it is JSON of another shape; every fault is listed.
    """
    text = _text_of(response, endpoint)
    head = evolve(response, body=b"")
    # A target state may be large: nobody, callers included, is to hold it as bytes, as text and as values at once.
    del response
    value = _json_of(text, head, endpoint)
    del text
    try:
        return structure(model, value)
    except DecodeError as error:
        raise DecodeError(f"{error.what} from {endpoint}", error.faults) from None


def expect_empty(response: Response, *, endpoint: str) -> None:
    """Check that a good answer is the empty one of a call that returns nothing.

    Args:
        response: the answer, with a 2xx status.
        endpoint: method and path that were asked, for messages.

    Raises:
        NotABrokerError: there is a body, so something else than the broker's handler answered.
    """
    if response.body.strip():
        raise not_a_broker(response, endpoint=endpoint, problem=f"{_kind(response)} where an empty body is due")


def refusal(response: Response, *, endpoint: str) -> BrokerError:
    """Turn an answer that is no 2xx into the error to raise.

    Args:
        response: the answer.
        endpoint: method and path that were asked, for messages.

    Returns:
        A BrokerAuthError for 401 and 403, else a BrokerError; code and detail as far as there are any.
    """
    code, detail = _reasons(response)
    kind = BrokerAuthError if response.status in (401, 403) else BrokerError
    return kind(
        status=response.status,
        endpoint=endpoint,
        code=code,
        detail=detail,
        request_id=_request_id(response),
    )


def not_a_broker(response: Response, *, endpoint: str, problem: str) -> NotABrokerError:
    """Turn an answer that no broker gives into the error to raise.

    Args:
        response: the answer.
        endpoint: method and path that were asked, for messages.
        problem: what is wrong with it; foreign text in it has to be :func:`shown`.

    Returns:
        The error, with the advice to look at the URL.
    """
    detail = f"{problem}; {_LOOK_AT_URL}"
    return NotABrokerError(status=response.status, endpoint=endpoint, detail=detail, request_id=_request_id(response))


def shown(text: str, limit: int = FOREIGN_TEXT_LIMIT) -> str:
    """Cut foreign text and hide PAKs in it, before the cut could go through one.

    Args:
        text: from the other side.
        limit: how many characters are left.

    Returns:
        What may be shown of it.
    """
    return cut(hide_paks(text[:_LOOKED_AT]) + text[_LOOKED_AT:], limit)


def _text_of(response: Response, endpoint: str) -> str:
    if not response.body:
        raise not_a_broker(response, endpoint=endpoint, problem="an empty body where JSON is due")
    if not _is_json(response):
        raise not_a_broker(response, endpoint=endpoint, problem=f"{_kind(response)} where JSON is due")
    try:
        return text_of(response.body)
    except DecodeError as error:
        raise _broken(response, endpoint, error) from None


def _json_of(text: str, head: Response, endpoint: str) -> Json:
    try:
        return parse_text(text)
    except DecodeError as error:
        raise _broken(head, endpoint, error) from None


def _broken(head: Response, endpoint: str, error: DecodeError) -> NotABrokerError:
    return not_a_broker(head, endpoint=endpoint, problem=f"broken JSON: {error.faults[0]}")


def _request_id(response: Response) -> str:
    return shown(response.headers.get(REQUEST_ID, ""), 80)


def _is_json(response: Response) -> bool:
    media = response.content_type
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def _kind(response: Response) -> str:
    return shown(response.content_type, 60) or "a body of no stated type"


def _reasons(response: Response) -> tuple[str, str]:
    """Find code and detail, whoever made the answer: a handler, the framework, or a proxy (contract section 3)."""
    if 300 <= response.status < 400:
        goal = shown(response.headers.get("location", "nowhere"), 200)
        return "", f"a redirect to {goal}, which is not followed; put its goal into the broker URL"
    if not response.body.strip():
        return "", _EMPTY_BODY.get(response.status, "")
    if _is_json(response):
        return _handler_reasons(response.body)
    if "html" in response.content_type:
        return "", "a page of HTML: a proxy answered, not the broker"
    return "", shown(response.body.decode("utf-8", "replace").strip())


def _handler_reasons(body: bytes) -> tuple[str, str]:
    try:
        value = as_object(parse_json(body))
    except DecodeError:
        value = {}
    code, message, details = as_text(value.get("code")), as_text(value.get("message")), value.get("details")
    if details is not None:
        message = f"{message} {json.dumps(details, ensure_ascii=False)}".strip()
    if not code and not message:
        message = body.decode("utf-8", "replace")
    return shown(code, 80), shown(message)
