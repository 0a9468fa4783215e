"""Quoted scalars of the fast path."""

from __future__ import annotations

import re

from brokkr_core.manifest.bail import BailError

# Compiled when first needed, and then kept by ``re``: hardly any quoted scalar is more than two quotes.
_DOUBLE = r'"((?:[^"\\]|\\.)*)"[ ]*(?:(?<=[ ])#.*)?\Z'
_SINGLE = r"'((?:[^']|'')*)'[ ]*(?:(?<=[ ])#.*)?\Z"
_OPEN = {'"': r'"(?:[^"\\]|\\.)*\Z', "'": r"'(?:[^']|'')*\Z"}
#: A line inside a quoted scalar, and the last one.
_MIDDLE = {'"': r'(?:[^"\\]|\\.)*\Z', "'": r"(?:[^']|'')*\Z"}
_LAST = {'"': r'(?:[^"\\]|\\.)*"\Z', "'": r"(?:[^']|'')*'\Z"}

_ESCAPE = r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))"
_ESCAPED = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_SURROGATES = range(0xD800, 0xE000)
_LAST_CHARACTER = 0x10FFFF


def whole_quote(text: str) -> str | None:
    """Return the value of a quoted scalar that is closed on its line.

    Args:
        text: begins with a quote; a comment may follow the scalar.

    Returns:
        The value, or None when the scalar is not closed or something else follows.
    """
    quote = text[0]
    if text[-1] == quote and len(text) > 1 and text.count(quote) == 2 and "\\" not in text:
        return text[1:-1]
    match = re.match(_DOUBLE if quote == '"' else _SINGLE, text)
    if match is None:
        return None
    try:
        return unquoted(match[1], quote)
    except BailError:
        return None


def open_quote(text: str) -> bool:
    """Tell whether a quoted scalar that begins here is still open at the end of the line."""
    return re.match(_OPEN[text[0]], text) is not None


def unquoted(body: str, quote: str) -> str:
    """Replace the escapes in what stands between quotes.

    Args:
        body: the text, line breaks already folded.
        quote: which quote it stands in.

    Returns:
        The value.

    Raises:
        BailError: an escape YAML does not know.
    """
    if quote == "'":
        return body.replace("''", "'")
    return re.sub(_ESCAPE, _character, body) if "\\" in body else body


def _character(match: re.Match[str]) -> str:
    letter = match[4]
    if letter is not None:
        if letter not in _ESCAPED:
            raise BailError
        return _ESCAPED[letter]
    code = int(match[1] or match[2] or match[3], 16)
    if code in _SURROGATES or code > _LAST_CHARACTER:
        raise BailError
    return chr(code)


def read_quote(text: str, lines: list[str], index: int, level: int) -> tuple[str, int]:
    """Read a quoted scalar that goes on over several lines.

    Args:
        text: what stands on its first line, quote included.
        lines: the lines of the document.
        index: the line after the first.
        level: indent of the parent; lines of the scalar are indented further.

    Returns:
        The value and the index of the line after it.

    Raises:
        BailError: the scalar is not of the simple sort.
    """
    quote = text[0]
    line_break = "\\n" if quote == '"' else "\n"
    folded = text[1:].rstrip(" ")
    breaks = 0
    while True:
        line = lines[index]
        index += 1
        body = line.strip(" ")
        if not body:
            breaks += 1
            continue
        if "\t" in line or len(line) - len(line.lstrip(" ")) <= level:
            raise BailError
        folded += (line_break * breaks if breaks else " ") + body
        breaks = 0
        if re.match(_LAST[quote], body):
            return unquoted(folded[:-1], quote), index
        if not re.match(_MIDDLE[quote], body):
            raise BailError
