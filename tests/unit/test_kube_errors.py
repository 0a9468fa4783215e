"""Every refusal of an API server becomes the one error that says which kind of no it is."""

from __future__ import annotations

import json

import pytest

from brokkr_core.errors import (
    FOREIGN_TEXT_LIMIT,
    AlreadyExistsError,
    ApiError,
    BadRequestError,
    FieldConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    ServerFaultError,
    StaleWriteError,
    ThrottledError,
    UnauthenticatedError,
)
from brokkr_core.kube.answer import read_json
from brokkr_core.kube.errors import api_error
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject
from engine_support import refusal

ASKED = Request(method="PATCH", path="/api/v1/namespaces/shop/secrets/one", query={"a": "b"}, body=b"hunter2")
CONFLICT: JsonObject = {"reason": "FieldManagerConflict", "field": ".data.a", "message": 'conflict with "kubectl"'}


def error_of(response: Response) -> ApiError:
    return api_error(ASKED, response)


@pytest.mark.parametrize(
    ("status", "reason", "causes", "kind"),
    [
        (400, "BadRequest", [], BadRequestError),
        (401, "Unauthorized", [], UnauthenticatedError),
        (403, "Forbidden", [], ForbiddenError),
        (404, "NotFound", [], NotFoundError),
        (405, "MethodNotAllowed", [], ApiError),
        (409, "AlreadyExists", [], AlreadyExistsError),
        (409, "Conflict", [CONFLICT], FieldConflictError),
        (409, "Conflict", [{"reason": "UnexpectedServerResponse"}], StaleWriteError),
        (409, "Conflict", [], StaleWriteError),
        (409, "", [], StaleWriteError),
        (410, "Expired", [], GoneError),
        (413, "RequestEntityTooLarge", [], ApiError),
        (415, "UnsupportedMediaType", [], ApiError),
        (422, "Invalid", [], InvalidError),
        (429, "TooManyRequests", [], ThrottledError),
        (500, "InternalError", [], ServerFaultError),
        (503, "ServiceUnavailable", [], ServerFaultError),
        (504, "Timeout", [], ServerFaultError),
        (599, "", [], ServerFaultError),
    ],
)
def test_a_refusal_is_of_the_kind_its_status_says(
    status: int, reason: str, causes: list[Json], kind: type[ApiError]
) -> None:
    error = error_of(refusal(status, reason, "because", causes=causes))

    assert type(error) is kind
    assert (error.status, error.reason, error.message) == (status, reason or f"HTTP{status}", "because")


def test_every_cause_is_kept() -> None:
    (cause,) = error_of(refusal(409, "Conflict", "x", causes=[CONFLICT])).causes

    assert (cause.reason, cause.field, cause.message) == ("FieldManagerConflict", ".data.a", 'conflict with "kubectl"')


def test_an_apply_that_does_not_fit_the_schema_is_invalid_although_the_server_says_500() -> None:
    message = "failed to create typed patch object (shop/one; /v1, Kind=Secret): .spec: field not declared in schema"

    assert type(error_of(refusal(500, "", message))) is InvalidError


def test_the_request_is_named_without_its_query_and_body() -> None:
    assert str(error_of(refusal(404, "NotFound", "x"))).endswith("(PATCH /api/v1/namespaces/shop/secrets/one)")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>hunter2</html>",
        b"hunter2",
        b'{"kind":"Other","message":"hunter2"}',
        b"[1]",
        b'{"kind":"Status"',
        b"\xff",
    ],
)
def test_foreign_text_that_is_no_status_is_dropped(body: bytes) -> None:
    error = error_of(Response(status=502, body=body))

    assert "hunter2" not in str(error)
    assert error.reason == "HTTP502"


def test_a_long_message_is_cut() -> None:
    assert len(error_of(refusal(422, "Invalid", "x" * 100_000)).message) < FOREIGN_TEXT_LIMIT + 50


@pytest.mark.parametrize(
    ("header", "details", "seconds"),
    [
        ("7", {}, 7.0),
        ("0", {"retryAfterSeconds": 3}, 0.0),
        ("", {"retryAfterSeconds": 3}, 3.0),
        ("nan", {}, None),
        ("inf", {}, None),
        ("-1", {}, None),
        ("soon", {}, None),
        ("", {"retryAfterSeconds": 0}, None),
        ("", {"retryAfterSeconds": "3"}, None),
    ],
)
def test_how_long_to_wait_comes_from_the_header_or_the_status(
    header: str, details: JsonObject, seconds: float | None
) -> None:
    body: JsonObject = {"kind": "Status", "details": details}
    headers = {"retry-after": header} if header else {}

    assert error_of(Response.of_json(429, body, headers)).retry_after_seconds == seconds


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{oops", b"[]", b"1", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":1'],
    ids=lambda body: str(body[:8]),
)
def test_a_good_status_with_anything_but_a_json_object_is_an_error_that_repeats_nothing(body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        read_json(ASKED, Response(status=200, body=body))

    assert (caught.value.status, caught.value.reason) == (200, "NotJson")
    assert "oops" not in str(caught.value)


def test_a_good_answer_is_its_object() -> None:
    assert read_json(ASKED, Response(status=200, body=json.dumps({"a": 1}).encode())) == {"a": 1}
