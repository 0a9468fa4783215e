"""Reads the head of an HTTP request, and refuses whatever these endpoints have no use for."""

from __future__ import annotations

from urllib.parse import parse_qs

from attrs import field, frozen

#: The head of a request, all headers included, has so many bytes at most.
MOST_HEAD_BYTES = 8192

_END = b"\r\n\r\n"


@frozen(kw_only=True)
class Asked:
    """A question. Only the path and the names of its parameters count."""

    path: str
    head_only: bool = False
    parameters: frozenset[str] = field(default=frozenset())


def head_ended(data: bytes) -> bool:
    """Tell whether the head of a request is complete."""
    return _END in data


def read_head(data: bytes) -> Asked | int:
    """Read the head of a request.

    Args:
        data: what came, up to the end of the head or until it was too much.

    Returns:
        The question, or the status to refuse it with.
    """
    line, _, _ = data.partition(b"\r\n")
    if not head_ended(data):
        if len(data) < MOST_HEAD_BYTES:
            return 400
        return 431 if b"\r\n" in data else 414
    try:
        method, target, protocol = line.decode("ascii").split(" ")
    except ValueError:
        return 400
    if not protocol.startswith("HTTP/1.") or not target.startswith("/"):
        return 400
    if method not in ("GET", "HEAD"):
        return 405
    path, _, query = target.partition("?")
    parameters = frozenset(parse_qs(query, keep_blank_values=True, max_num_fields=None))
    return Asked(path=path, head_only=method == "HEAD", parameters=parameters)
