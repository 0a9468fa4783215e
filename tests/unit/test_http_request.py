"""The head of a request is read, or refused with the status that says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_agent.http import Request, read_head
from brokkr_agent.http.request import MOST_HEAD_BYTES, body_length


def asked(line: str) -> Request | int:
    return read_head(f"{line}\r\nHost: x\r\n\r\n".encode())


def with_headers(*lines: str) -> Request | int:
    return read_head("\r\n".join(["PUT / HTTP/1.1", *lines, "", ""]).encode("latin-1"))


@pytest.mark.parametrize(
    ("line", "method", "path", "query"),
    [
        ("GET /livez HTTP/1.1", "GET", "/livez", {}),
        ("GET /livez HTTP/1.0", "GET", "/livez", {}),
        ("HEAD /livez HTTP/1.1", "HEAD", "/livez", {}),
        ("DELETE /a/b HTTP/1.1", "DELETE", "/a/b", {}),
        ("GET /livez?verbose HTTP/1.1", "GET", "/livez", {"verbose": ("",)}),
        ("GET /livez?verbose=1&x&x=a%20b HTTP/1.1", "GET", "/livez", {"verbose": ("1",), "x": ("", "a b")}),
        ("GET /livez?verb%6fse HTTP/1.1", "GET", "/livez", {"verbose": ("",)}),
        ("GET /%2e%2e/livez HTTP/1.1", "GET", "/%2e%2e/livez", {}),
    ],
)
def test_a_request_is_its_method_its_path_and_its_parameters(
    line: str, method: str, path: str, query: dict[str, tuple[str, ...]]
) -> None:
    read = asked(line)

    assert isinstance(read, Request)
    assert (read.method, read.path, read.query) == (method, path, query)


def test_a_header_is_found_by_its_name_in_small_letters_and_never_shown() -> None:
    read = with_headers("HOST: x:1", "Authorization: Bearer s3cret", "Accept: a", "accept:b")

    assert isinstance(read, Request)
    assert read.headers == {"host": "x:1", "authorization": "Bearer s3cret", "accept": "a, b"}
    assert "s3cret" not in repr(read)


@pytest.mark.parametrize(
    "lines",
    [
        ["no colon"],
        ["Name : x"],
        [": x"],
        ["Host: x", " folded: y"],
        ["Host: a", "Host: b"],
        ["Content-Length: 1", "content-length: 2"],
        ["Authorization: Bearer a", "Authorization: Bearer b"],
    ],
)
def test_headers_that_can_be_read_in_two_ways_are_refused(lines: list[str]) -> None:
    assert with_headers(*lines) == 400


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ([], 0),
        (["Content-Length: 0"], 0),
        (["Content-Length: 10"], 10),
        (["Content-Length: 11"], None),
        (["Content-Length: -1"], None),
        (["Content-Length: +1"], None),
        (["Content-Length: \u00b2"], None),
        (["Content-Length: " + "1" * 5000], None),
        (["Transfer-Encoding: chunked"], None),
    ],
)
def test_a_body_is_as_long_as_is_told_and_no_longer_than_may_be(lines: list[str], length: int | None) -> None:
    read = with_headers(*lines)

    assert isinstance(read, Request)
    assert body_length(read, 10) == length


@pytest.mark.parametrize(
    "line",
    [
        "",
        "GET",
        "GET /livez",
        "GET  /livez HTTP/1.1",
        "GET /livez HTTP/1.1 x",
        "GET /livez HTTP/2",
        "GET livez HTTP/1.1",
        "GET http://x/livez HTTP/1.1",
        "GET /\u00e4 HTTP/1.1",
        "\x16\x03\x01\x02",
    ],
)
def test_what_is_no_request_is_refused(line: str) -> None:
    assert asked(line) == 400


def test_what_ends_too_early_is_refused() -> None:
    assert read_head(b"") == 400
    assert read_head(b"GET /livez HTTP/1.1\r\nHost: x\r\n") == 400


def test_what_is_too_long_is_refused_by_what_is_too_long() -> None:
    assert read_head(b"GET /" + b"x" * MOST_HEAD_BYTES) == 414
    assert read_head(b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * MOST_HEAD_BYTES) == 431


@given(st.binary(max_size=300))
def test_any_bytes_are_a_question_or_a_refusal(data: bytes) -> None:
    read = read_head(data + b"\r\n\r\n")

    assert isinstance(read, Request) or read == 400
