"""Block scalars of the fast path: text after ``|`` or ``>``."""

from __future__ import annotations

from brokkr_core.manifest.bail import BailError


def read_block(header: str, lines: list[str], index: int, level: int, *, unfinished: int) -> tuple[str, int]:
    """Read a block scalar.

    Args:
        header: ``|`` or ``>``, with ``-`` or ``+`` behind it or nothing.
        lines: the lines of the document.
        index: the line after the header.
        level: indent of the parent.
        unfinished: index of a last line without a line break, or -1: there the scalar's end is special.

    Returns:
        The text and the index of the line after it.

    Raises:
        BailError: the scalar is not of the simple sort.
    """
    first = index
    while not lines[first].strip(" "):
        first += 1
    indent = _indent(lines[first])
    if indent <= level:
        if header[-1] == "+":
            raise BailError
        return "", first
    if lines[first][indent] == "\t" or (first > index and max(map(len, lines[index:first])) > indent):
        raise BailError
    body, end = _body(lines, first, " " * indent)
    if 0 <= unfinished < end:
        raise BailError
    leading = "\n" * (first - index)
    if header[0] == "|":
        return leading + _literal(body, indent, header), end
    return leading + _folded([line[indent:] for line in body], header), end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _body(lines: list[str], first: int, margin: str) -> tuple[list[str], int]:
    """Return the lines that belong to the scalar; those shorter than its margin come empty."""
    end = first + 1
    short = False
    while True:
        line = lines[end]
        if not line.startswith(margin):
            if rest := line.strip(" "):
                if rest[0] == "\t":
                    raise BailError
                break
            short = short or bool(line)
        end += 1
    body = lines[first:end]
    if short:
        body = [line if len(line) >= len(margin) else "" for line in body]
    return body, end


def _literal(body: list[str], indent: int, header: str) -> str:
    text = "\n".join(body).replace("\n" + " " * indent, "\n")[indent:]
    if header == "|+":
        return text + "\n"
    text = text.rstrip("\n")
    return text + "\n" if header == "|" else text


def _folded(body: list[str], header: str) -> str:
    """Join lines with blanks; empty lines become breaks. Lines indented further are not of the simple sort."""
    text = body[0]
    breaks = 0
    for line in body:
        if line[:1] in (" ", "\t"):
            raise BailError
    for line in body[1:]:
        if not line:
            breaks += 1
            continue
        text += ("\n" * breaks if breaks else " ") + line
        breaks = 0
    if header == ">-":
        return text
    return text + "\n" * (breaks + 1 if header == ">+" else 1)
