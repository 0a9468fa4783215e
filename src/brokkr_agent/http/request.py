"""Reads the head of an HTTP request (RFC 9112), and refuses whatever these servers have no use for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qs

from attrs import field, frozen

#: The head of a request, all headers included, has so many bytes at most.
MOST_HEAD_BYTES = 8192

_END = b"\r\n\r\n"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: Two of these in one request are how proxies and servers are made to read two different requests (RFC 9112, 11.2).
_ONCE = frozenset({"authorization", "content-length", "host", "transfer-encoding"})
_NONE: Mapping[str, str] = MappingProxyType({})


@frozen(kw_only=True)
class Request:
    """What was asked.

    Args:
        method: in capital letters.
        path: as it was sent, without the query.
        query: every parameter with its values; one without a value has the empty text.
        headers: by name in small letters; they may hold a token and are never shown.
        body: what came with it; may hold anything and is never shown.
        captured: what stood where the template of a route has a name, decoded.
    """

    method: str = "GET"
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default=MappingProxyType({}))
    headers: Mapping[str, str] = field(default=_NONE, repr=False)
    body: bytes = field(default=b"", repr=False)
    captured: Mapping[str, str] = field(default=_NONE)

    @property
    def head_only(self) -> bool:
        """Whether the answer is to have no body."""
        return self.method == "HEAD"

    def parameter(self, name: str) -> str:
        """Return the first value of a parameter; the empty text when it was not given."""
        return next(iter(self.query.get(name, ())), "")


def head_ended(data: bytes) -> bool:
    """Tell whether the head of a request is complete."""
    return _END in data


def read_head(data: bytes) -> Request | int:
    """Read the head of a request.

    Args:
        data: what came, up to the end of the head or until it was too much.

    Returns:
        The request without its body, or the status to refuse it with.
    """
    head, ended, _ = data.partition(_END)
    if not ended:
        if len(data) < MOST_HEAD_BYTES:
            return 400
        return 431 if b"\r\n" in data else 414
    line, *rest = head.split(b"\r\n")
    try:
        method, target, protocol = line.decode("ascii").split(" ")
    except ValueError:
        return 400
    headers = _headers(rest)
    good = _TOKEN.fullmatch(method) and protocol.startswith("HTTP/1.") and target.startswith("/")
    if not good or headers is None:
        return 400
    path, _, query = target.partition("?")
    parameters = {name: tuple(values) for name, values in parse_qs(query, keep_blank_values=True).items()}
    return Request(method=method, path=path, query=parameters, headers=headers)


def body_length(request: Request, most: int) -> int | None:
    """Return how many bytes of body belong to a request.

    Args:
        request: the request.
        most: so many may be.

    Returns:
        The number of bytes; None when they are too many, or it is not told how many they are.
    """
    told = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not told.isascii() or not told.isdigit() or len(told) > 10:
        return None
    return int(told) if int(told) <= most else None


def after_head(data: bytes) -> bytes:
    """Return what came after the head of a request."""
    return data.partition(_END)[2]


def _headers(lines: list[bytes]) -> Mapping[str, str] | None:
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            return None
        key, text = name.lower(), value.strip(" \t")
        if key in found and key in _ONCE:
            return None
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
