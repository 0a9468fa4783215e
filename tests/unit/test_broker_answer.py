"""What an answer means: the agreed value, nothing, or a no with its reasons."""

from __future__ import annotations

import pytest

from broker_support import LONG_TOKEN, PAK, STACK_JSON, empty, no, ok
from brokkr_core.broker.answer import decode, expect_empty, refusal
from brokkr_core.errors import FOREIGN_TEXT_LIMIT, BrokerAuthError, BrokerError, DecodeError, NotABrokerError
from brokkr_core.model.broker import Stack
from brokkr_core.model.http import Response

CALL = "GET /api/v1/stacks"


def page(status: int) -> Response:
    return Response(status=status, headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<html>hello</html>")


def of_type(content_type: str | None, body: bytes) -> Response:
    headers = {} if content_type is None else {"content-type": content_type}
    return Response(status=200, headers=headers, body=body)


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"]
)
def test_json_is_read(content_type: str) -> None:
    response = Response(status=200, headers={"content-type": content_type}, body=ok([STACK_JSON]).body)
    assert [stack.name for stack in decode(tuple[Stack, ...], response, endpoint=CALL)] == ["web"]


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (page(200), "text/html where JSON is due"),
        (empty(200), "empty body where JSON is due"),
        (empty(204), "empty body where JSON is due"),
        (of_type(None, b"[]"), "no stated type where JSON is due"),
        (of_type("text/plain", b"[]"), "text/plain where JSON is due"),
        (of_type("application/json", b'[{"id":'), "broken JSON"),
        (of_type("application/json", b"<html>"), "broken JSON"),
    ],
)
def test_a_good_status_with_a_wrong_body_is_no_broker(response: Response, problem: str) -> None:
    with pytest.raises(NotABrokerError, match=problem) as caught:
        decode(tuple[Stack, ...], response, endpoint=CALL)
    assert caught.value.endpoint == CALL
    assert "look at the broker URL" in caught.value.detail


def test_json_of_another_shape_names_the_call_and_every_fault() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(Stack, ok({"id": 1}), endpoint=CALL)
    assert caught.value.what == f"Stack from {CALL}"
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("response", [empty(204), empty(200), of_type("text/plain", b" \n")])
def test_an_empty_answer_is_fine_where_it_is_due(response: Response) -> None:
    assert expect_empty(response, endpoint=CALL) is None  # type: ignore[func-returns-value]  # no raise is the point


def test_a_page_where_nothing_is_due_is_no_broker() -> None:
    with pytest.raises(NotABrokerError, match="text/html where an empty body is due"):
        expect_empty(page(200), endpoint=CALL)


def test_a_handlers_no_carries_code_and_message() -> None:
    error = refusal(no(404, "stack_not_found", "no such stack"), endpoint=CALL)
    assert (error.status, error.code, error.detail, error.endpoint) == (
        404,
        "stack_not_found",
        "no such stack",
        CALL,
    )
    assert str(error) == f"the broker answered 404 (stack_not_found) to {CALL}: no such stack"


def test_details_are_shown() -> None:
    error = refusal(no(409, "unique_violation", "taken", {"constraint": "stacks_name"}), endpoint=CALL)
    assert error.detail == 'taken {"constraint": "stacks_name"}'


@pytest.mark.parametrize("status", [401, 403])
def test_401_and_403_are_about_the_pak(status: int) -> None:
    assert isinstance(refusal(empty(status), endpoint=CALL), BrokerAuthError)
    assert isinstance(refusal(no(status, "admin_required"), endpoint=CALL), BrokerAuthError)


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422, 500, 503])
def test_other_statuses_are_not(status: int) -> None:
    assert type(refusal(empty(status), endpoint=CALL)) is BrokerError


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "the PAK is unknown"), (403, "read-only PAK"), (405, "no such method"), (500, "failed before"), (404, "")],
)
def test_an_empty_no_is_explained_where_the_contract_does(status: int, hint: str) -> None:
    error = refusal(empty(status), endpoint=CALL)
    assert error.code == ""
    assert error.detail.count(hint) >= 1


def test_the_frameworks_plain_text_is_kept() -> None:
    error = refusal(Response.of_text(422, "missing field `name` at line 1"), endpoint=CALL)
    assert (error.code, error.detail) == ("", "missing field `name` at line 1")


def test_a_page_of_a_proxy_is_named_and_not_repeated() -> None:
    error = refusal(page(502), endpoint=CALL)
    assert "HTML" in error.detail
    assert "hello" not in error.detail


def test_a_redirect_says_where_it_leads() -> None:
    response = Response(status=301, headers={"Location": "https://other.example/login"})
    assert "https://other.example/login" in refusal(response, endpoint=CALL).detail


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'"text"', b'{"code":7,"message":["x"]}', b"\xff", b"[" * 100_000]
)
def test_a_no_with_a_strange_body_is_still_a_no(body: bytes) -> None:
    response = Response(status=400, headers={"content-type": "application/json"}, body=body)
    assert refusal(response, endpoint=CALL).status == 400


def test_long_foreign_text_is_cut() -> None:
    long = "x" * 10_000
    for response in (Response.of_text(400, long), no(400, long, long)):
        assert len(refusal(response, endpoint=CALL).detail) < FOREIGN_TEXT_LIMIT + 60
        assert len(refusal(response, endpoint=CALL).code) < 160


def test_a_proxy_that_echoes_the_header_does_not_leak_the_pak() -> None:
    error = refusal(Response.of_text(400, f"bad header: Bearer {PAK}"), endpoint=CALL)
    assert LONG_TOKEN not in str(error)
    assert "brokkr_BRabcdef_…" in str(error)
