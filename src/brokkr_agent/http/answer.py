"""What is said to a request: an answer with a body, or a stream that goes on until somebody hangs up."""

from __future__ import annotations

import json
from collections.abc import Generator
from http import HTTPStatus
from typing import TypeAlias

from attrs import field, frozen

from brokkr_core.model.json import Json, JsonObject

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
#: How errors are told to programs (RFC 9457).
PROBLEM = "application/problem+json"


@frozen(kw_only=True)
class Answer:
    """What is said to one request."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class Stream:
    """An answer that comes piece by piece.

    Args:
        content_type: what it is.
        pieces: what to send; an empty piece says that there is nothing now, and has to come every second or so, for
            only then is it seen that whoever listened has gone. It is closed when nobody listens any more.
        idle: what to send when nothing else was for long, so that nobody in between takes the line for dead.
    """

    content_type: str
    pieces: Generator[bytes, None, None] = field(repr=False)
    idle: bytes = field(repr=False)


Reply: TypeAlias = Answer | Stream


def json_answer(value: Json, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status=status, body=json.dumps(value).encode(), content_type=JSON)


def problem(status: int, detail: str, *headers: tuple[str, str], **members: Json) -> Answer:
    """Refuse a request, in the way of RFC 9457.

    Args:
        status: of HTTP; the title of the problem is its phrase.
        detail: what was wrong with this request, and what to do.
        headers: more headers.
        members: what else is told to programs.

    Returns:
        The answer.
    """
    told: JsonObject = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Answer(status=status, body=json.dumps({**told, **members}).encode(), content_type=PROBLEM, headers=headers)


def written(answer: Answer, *, head_only: bool = False) -> bytes:
    """Write an answer as HTTP; the line is closed after each."""
    length = ("Content-Length", str(len(answer.body)))
    head = _head(answer.status, ("Content-Type", answer.content_type), length, *answer.headers)
    return head if head_only else head + answer.body


def head_of(stream: Stream) -> bytes:
    """Write the head of a stream as HTTP; its body ends with the line."""
    return _head(200, ("Content-Type", stream.content_type), ("X-Accel-Buffering", "no"))


def _head(status: int, *headers: tuple[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{name}: {value}" for name, value in headers),
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode()
