"""The head of a request is read, or refused with the status that says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_agent.health import Asked, read_head
from brokkr_agent.health.head import MOST_HEAD_BYTES


def asked(line: str) -> Asked | int:
    return read_head(f"{line}\r\nHost: x\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("GET /livez HTTP/1.1", Asked(path="/livez")),
        ("GET /livez HTTP/1.0", Asked(path="/livez")),
        ("HEAD /livez HTTP/1.1", Asked(path="/livez", head_only=True)),
        ("GET /livez?verbose HTTP/1.1", Asked(path="/livez", parameters=frozenset({"verbose"}))),
        ("GET /livez?verbose=1&x HTTP/1.1", Asked(path="/livez", parameters=frozenset({"verbose", "x"}))),
        ("GET /livez?verb%6fse HTTP/1.1", Asked(path="/livez", parameters=frozenset({"verbose"}))),
        ("GET /%2e%2e/livez HTTP/1.1", Asked(path="/%2e%2e/livez")),
    ],
)
def test_a_question_is_its_path_and_the_names_of_its_parameters(line: str, question: Asked) -> None:
    assert asked(line) == question


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "X"])
def test_other_methods_are_refused(method: str) -> None:
    assert asked(f"{method} /livez HTTP/1.1") == 405


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

    assert isinstance(read, Asked) or read in (400, 405)
