"""A stream of bytes -> the bytes of one document after the other.

The rule is exact, not a guess: a document ends before a line that starts in column 1 with ``---`` followed
by white space or the end. YAML forbids such a line inside a scalar of any style, and libyaml and go-yaml
enforce it. A line ``---x`` is no separator in YAML and an error in kubectl; here too, since it is always a slip.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

SEPARATOR = b"\n---"
#: A separator and the byte after it: this much is held back so that no piece can cut one in two.
HOLD_BACK = len(SEPARATOR) + 1
WHITE = b" \t\r\n"
#: Put before the first byte, so that a separator in the first line is found like any other.
VIRTUAL = b"\n"


class RawDocument(NamedTuple):
    """The bytes of one document, its ``---`` line included; a tuple, since one is made for every document."""

    data: bytes  #: empty when the document is over the limit
    size: int  #: bytes of the document
    newlines: int  #: line breaks in the document
    line: int  #: line of its first byte in the stream, from 1
    bad_separator_line: int  #: line of the first ``---x`` in it, or 0


class _Splitter:
    """Collects the parts of the document that is being read."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = self._newlines = self._bad_separator_line = 0
        self._line = 1
        self._skip = len(VIRTUAL)

    def add(self, part: bytes) -> None:
        """Take a part of the document; keep its bytes while the document is within the limit."""
        self._size += len(part)
        self._newlines += part.count(b"\n")
        if self._size <= self._max_bytes + self._skip:
            self._parts.append(part)
        else:
            self._parts.clear()

    def bad_separator(self, before: bytes) -> None:
        """Remember where the first ``---x`` stands; ``before`` is what was not added yet."""
        if not self._bad_separator_line:
            self._bad_separator_line = self._line + self._newlines + before.count(b"\n") - self._skip

    def close(self, last: bytes) -> RawDocument | None:
        """Return the document that ends with a part, if there is one, and begin the next."""
        self.add(last)
        skip, parts = self._skip, self._parts
        size, newlines = self._size - skip, self._newlines - skip
        data = (parts[0] if len(parts) == 1 else b"".join(parts))[skip:] if size <= self._max_bytes else b""
        document = RawDocument(data, size, newlines, self._line, self._bad_separator_line)
        self._line += newlines
        parts.clear()
        self._size = self._newlines = self._bad_separator_line = self._skip = 0
        return document if size else None


def split(pieces: Iterator[bytes], *, max_bytes: int) -> Iterator[RawDocument]:
    """Cut a stream into documents.

    Args:
        pieces: the stream, cut anywhere.
        max_bytes: documents above this size come without data, so that memory stays bounded.

    Yields:
        Every document in order, empty ones too; text before the first ``---`` is one of them.
    """
    splitter = _Splitter(max_bytes)
    window = VIRTUAL
    for piece in pieces:
        window += piece
        start = 0
        found = window.find(SEPARATOR)
        while 0 <= found < len(window) - len(SEPARATOR):
            if window[found + len(SEPARATOR)] in WHITE:
                document = splitter.close(window[start : found + 1])
                if document is not None:
                    yield document
                start = found + 1
            else:
                splitter.bad_separator(window[start : found + 1])
            found = window.find(SEPARATOR, found + len(SEPARATOR))
        keep = max(start, len(window) - HOLD_BACK)
        splitter.add(window[start:keep])
        window = window[keep:]
    start = len(window) - len(SEPARATOR) + 1 if window.endswith(SEPARATOR) else 0
    for last in (window[:start], window[start:]) if start else (window,):
        document = splitter.close(last)
        if document is not None:
            yield document
