"""What can be wrong with the content of an answer that arrives whole: one right error each, and life goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from broker_support import AGENT_JSON, PAK
from brokkr_core.errors import FOREIGN_TEXT_LIMIT, BrokerAuthError, BrokerError, DecodeError, NotABrokerError
from fault_support import Fault, survives
from raw_line import Trick, answer

BODY = json.dumps(AGENT_JSON)
PAGE = b"<!doctype html><html>console</html>"
HTML = "Content-Type: text/html"
TEXT = "Content-Type: text/plain"
HUGE = "9" * 5000


def members(**changed: object) -> bytes:
    return json.dumps({**AGENT_JSON, **changed}).encode()


#: JSON that is none.
NO_JSON = {
    "JSON cut off": (BODY[:40].encode(), "broken JSON"),
    "invalid UTF-8": (BODY.replace("edge-1", "\xff").encode("latin-1"), "not UTF-8 at byte"),
    "UTF-16": (BODY.encode("utf-16"), "not UTF-8 at byte 0"),
    "a byte order mark": (b"\xef\xbb\xbf" + BODY.encode(), "broken JSON"),
    "NaN": (BODY.replace(": 7", ": NaN").encode(), "NaN and Infinity"),
    "infinity": (BODY.replace(": 7", ": -Infinity").encode(), "NaN and Infinity"),
    "a field twice": (BODY.replace('"name"', '"status"').encode(), "a field twice"),
    "deep lists": (b"[" * 90_000, "nested too deeply"),
    "deep objects": (b'{"a":' * 15_000, "nested too deeply"),
    "a number of 5000 digits": (BODY.replace(": 7", f": {HUGE}").encode(), "too many digits"),
    "two values": (BODY.encode() * 2, "broken JSON"),
    "a comma too many": (BODY[:-1].encode() + b",}", "broken JSON"),
    "single quotes": (BODY.replace('"', "'").encode(), "broken JSON"),
    "white space only": (b" \n ", "broken JSON"),
    "NULs": (b"\x00" * 100, "broken JSON"),
    "a control character in a text": (BODY.replace("edge-1", "edge\n1").encode(), "broken JSON"),
}

#: JSON of another shape.
OTHER_SHAPE = {
    "null": (b"null", "expected an object, got null"),
    "a list": (b"[]", "expected an object, got a list"),
    "a text": (b'"hello"', "expected an object, got text"),
    "a number": (b"1e400", "expected an object, got a fraction"),
    "an empty object": (b"{}", "required field missing @ $.id"),
    "a text for true": (members(k8s_reachable="true"), "@ $.k8s_reachable"),
    "a fraction for a number": (members(k8s_api_latency_ms=7.5), "@ $.k8s_api_latency_ms"),
    "another id than a UUID": (members(id="../../admin"), "expected a UUID"),
    "a time that is none": (members(last_heartbeat="yesterday"), "expected an RFC 3339 time"),
    "a day that is none": (members(last_heartbeat="2026-02-30T00:00:00Z"), "not on the calendar"),
    "half a surrogate pair": (members(name="\ud800"), "half a surrogate pair"),
    "an object for a text": (members(name={"$ref": "x"}), "@ $.name"),
}

#: A good status and something else than JSON.
OTHER_KIND = {
    "HTML with 200": (PAGE, HTML, "text/html where JSON is due"),
    "nothing with 200": (b"", "Content-Type: application/json", "an empty body"),
    "nothing of no type with 200": (b"", "", "an empty body"),
    "JSON of no type": (BODY.encode(), "", "a body of no stated type"),
    "JSON as text": (BODY.encode(), TEXT, "text/plain where JSON is due"),
    "two types at once": (
        BODY.encode(),
        "Content-Type: application/json\nContent-Type: text/html",
        "where JSON is due",
    ),
    "a type of 5000 characters": (BODY.encode(), f"Content-Type: {'x' * 5000}", "where JSON is due"),
    "a type that is no ASCII": (BODY.encode(), "Content-Type: tëxt", "where JSON is due"),
}


def error_of(code: object = "agent_not_found", message: object = "no such agent", **more: object) -> bytes:
    return json.dumps({"code": code, "message": message, **more}).encode()


def no(status: str, body: bytes = b"", headers: str = "Content-Type: application/json") -> bytes:
    return answer(body, status=status, headers=headers)


#: The broker's own no, and what others say in its place: status, code, words.
REFUSALS: Mapping[str, tuple[Trick, int, str, str]] = {
    "an empty 400": (no("400 Bad"), 400, "", ""),
    "an empty 401": (no("401 No", headers=""), 401, "", "the PAK is unknown"),
    "a 401 with a page": (no("401 No", PAGE, HTML), 401, "", "a page of HTML"),
    "a 401 of a proxy": (no("401 No", b"", "WWW-Authenticate: Basic"), 401, "", "the PAK is unknown"),
    "an empty 403": (no("403 No", headers=""), 403, "", "the read-only PAK"),
    "a 403 with a code": (no("403 No", error_of("admin_required")), 403, "admin_required", "no such agent"),
    "a 404 with a code": (no("404 No", error_of()), 404, "agent_not_found", "no such agent"),
    "a 404 of plain text": (no("404 No", b"not found", TEXT), 404, "", "not found"),
    "a 405": (no("405 No", headers="Allow: GET"), 405, "", "no such method"),
    "a 407 of a proxy": (no("407 No", PAGE, HTML), 407, "", "a page of HTML"),
    "a 400 of plain text": (no("400 Bad", b"Invalid URL: UUID", TEXT), 400, "", "Invalid URL: UUID"),
    "a 413 of plain text": (no("413 Large", b"length limit exceeded", TEXT), 413, "", "length limit exceeded"),
    "a 415 of plain text": (no("415 Type", b"Expected request with", TEXT), 415, "", "Expected request with"),
    "a 422 of plain text": (no("422 Shape", b"missing field `name`", TEXT), 422, "", "missing field `name`"),
    "a 418": (no("418 Teapot"), 418, "", ""),
    "an empty 500": (no("500 Broken", headers=""), 500, "", "before it could say why"),
    "a 500 with a code": (no("500 Broken", error_of("internal_error")), 500, "internal_error", "no such agent"),
    "a page with 502": (no("502 Bad", PAGE, HTML), 502, "", "a page of HTML: a proxy answered"),
    "a page with 503": (no("503 No", PAGE, HTML), 503, "", "a page of HTML: a proxy answered"),
    "a page with 504": (no("504 Late", PAGE, HTML), 504, "", "a page of HTML: a proxy answered"),
    "a page with 520": (no("520 What", PAGE, HTML), 520, "", "a page of HTML: a proxy answered"),
    "an unknown status": (no("799 What"), 799, "", ""),
    "a no in brotli": (no("503 No", b"\x0b", "Content-Encoding: br"), 503, "", ""),
    "broken JSON in a no": (no("400 Bad", b'{"code":'), 400, "", '{"code":'),
    "a list in a no": (no("400 Bad", b"[1]"), 400, "", "[1]"),
    "a code that is no text": (no("400 Bad", error_of({"a": 1}, [1])), 400, "", ""),
    "a code of 9000 characters": (
        no("400 Bad", error_of("x" * 9000, "y" * 9000)),
        400,
        "x" * 80 + "… [8920 more characters]",
        "yyy",
    ),
    "details in a no": (no("422 No", error_of(details={"field": "x"})), 422, "agent_not_found", '{"field": "x"}'),
    "a PAK in a no": (no("400 Bad", error_of(message=f"bad {PAK}")), 400, "agent_not_found", "bad brokkr_BRabcdef_…"),
    "a PAK in a plain no": (no("400 Bad", f"bad {PAK}".encode(), TEXT), 400, "", "bad brokkr_BRabcdef_…"),
    "a PAK across the cut": (
        no("400 Bad", b"x" * (FOREIGN_TEXT_LIMIT - 30) + f" {PAK}".encode(), TEXT),
        400,
        "",
        "xxx brokkr_BRabcdef_",
    ),
    "a PAK as a code": (no("400 Bad", error_of(PAK)), 400, "brokkr_BRabcdef_…", ""),
    "invalid UTF-8 in a no": (no("400 Bad", b"\xff\xfe", TEXT), 400, "", "\ufffd"),
    "a redirect to itself": (no("302 Found", headers="Location: /api/v1/agents"), 302, "", "which is not followed"),
    "a redirect elsewhere": (no("307 Go", headers="Location: http://evil.example/x"), 307, "", "evil.example"),
    "a redirect to https": (no("308 Go", headers="Location: https://127.0.0.1/"), 308, "", "put its goal into"),
    "a redirect nowhere": (no("301 Go", headers=""), 301, "", "a redirect to nowhere"),
    "a redirect of 9000 characters": (no("301 Go", headers=f"Location: /{'x' * 9000}"), 301, "", "not followed"),
    "a redirect with a PAK": (no("301 Go", headers=f"Location: /?pak={PAK}"), 301, "", "BRabcdef_…"),
    "a 304 unasked": (b"HTTP/1.1 304 Not Modified\r\n\r\n", 304, "", ""),
}

FAULTS = [
    *(
        Fault(name=name, trick=answer(body), error=NotABrokerError, status=200, words=words)
        for name, (body, words) in NO_JSON.items()
    ),
    *(
        Fault(name=name, trick=answer(body), error=DecodeError, words=words)
        for name, (body, words) in OTHER_SHAPE.items()
    ),
    *(
        Fault(name=name, trick=answer(body, headers=headers), error=NotABrokerError, status=200, words=words)
        for name, (body, headers, words) in OTHER_KIND.items()
    ),
    *(
        Fault(
            name=name,
            trick=trick,
            error=BrokerAuthError if status in (401, 403) else BrokerError,
            status=status,
            code=code,
            words=words,
        )
        for name, (trick, status, code, words) in REFUSALS.items()
    ),
    Fault(
        name="a 204 with a body",
        trick=b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
        error=NotABrokerError,
        status=204,
        words="an empty body where JSON",
    ),
    Fault(
        name="an id of the proxy's",
        trick=no("503 No", PAGE, f"{HTML}\nX-Request-Id: 4711-abc"),
        error=BrokerError,
        status=503,
        request_id="4711-abc",
    ),
    Fault(
        name="an id of another request on a page",
        trick=answer(PAGE, headers=f"{HTML}\nX-Request-Id: somebody-elses"),
        error=NotABrokerError,
        status=200,
        request_id="somebody-elses",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_wrong_answer_is_one_error_and_no_more(fault: Fault) -> None:
    survives(fault)
