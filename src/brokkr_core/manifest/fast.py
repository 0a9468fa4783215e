"""Lines of block-style YAML -> a value: the path nearly every rendered manifest takes.

The reader goes down line by line, one function for mappings and one for sequences, over shapes that are
remembered (``shapes.py``). It answers only where it is certain. Everything else raises ``BailError``: anchors,
aliases, tags, merge keys, keys that are no text, duplicate keys, tabs, flow style over several lines, anything
wrong. Errors, and their lines, always come from the event path (``events.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from brokkr_core.manifest.bail import BailError
from brokkr_core.manifest.blocks import read_block
from brokkr_core.manifest.flow import read_flow
from brokkr_core.manifest.limits import Limits
from brokkr_core.manifest.quotes import read_quote
from brokkr_core.manifest.scalars import Scalar
from brokkr_core.manifest.shapes import (
    ALONE,
    BLANK,
    BLOCK,
    END,
    END_LINE,
    FLOW,
    ITEM,
    LAST_ITEM,
    LAST_KEYED,
    NESTED,
    NOTHING,
    PAIR,
    QUOTE,
    SCALAR,
    Shapes,
)
from brokkr_core.model.json import Json, JsonObject

#: Deeper documents go to the event path, which does not recurse.
DEEPEST = 100

_ASCII_TEXT = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
#: What may stand in a document of the simple sort; line breaks beyond ``\n`` and byte order marks may not.
_SPECIAL = "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_ANCHOR = re.compile(r"[:-] +&\w")


def _has_special_characters(text: str) -> bool:
    if text.isascii():
        return bool(text.encode("ascii").translate(None, _ASCII_TEXT))
    # Compiled when first met, and then kept by ``re``: it takes 3 ms, and most streams are ASCII.
    return re.search(_SPECIAL, text) is not None


class FastReader:
    """Reads one document after the other, remembering lines."""

    def __init__(self, limits: Limits, resolve: Callable[[str], Scalar]) -> None:
        """Start with an empty memory.

        Args:
            limits: depth, keys and scalar length are respected.
            resolve: plain scalar -> value; raises ``ScalarError`` for what the event path has to judge.
        """
        self._limits = limits
        self._deepest = min(limits.depth, DEEPEST)
        self._resolve = resolve
        self._shapes = Shapes(resolve)
        self._lines: list[str] = []
        self._unfinished = -1

    def read(self, text: str) -> Json:
        """Read a document.

        Args:
            text: the document, without its ``---`` line.

        Returns:
            Its value, always equal to what the event path gives.

        Raises:
            BailError: the document is not of the simple sort, or near a limit.
        """
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        self._check(text)
        lines = text.split("\n")
        if lines[-1]:
            self._unfinished = len(lines) - 1
            lines.append(END_LINE)
        else:
            self._unfinished = -1
            lines[-1] = END_LINE
        self._lines = lines
        self._shapes.start_document()
        try:
            value, index = self._node(self._skip_blank(0), -1, 0)
            if self._shapes[lines[index]][0] != END:
                raise BailError
        except RecursionError:
            raise BailError from None
        finally:
            self._lines = []
        return value

    def _check(self, text: str) -> None:
        limits = self._limits
        if len(text) > limits.scalar_characters or text.startswith(("%", "---")):
            raise BailError
        # A key takes at least two characters, so most documents need no counting.
        if len(text) > 2 * limits.keys and text.count(":") + text.count(",") > limits.keys:
            raise BailError
        if _has_special_characters(text) or "\r" in text:
            raise BailError
        # Only to save the time: further down an anchor is not recognised either.
        if "&" in text and _ANCHOR.search(text):
            raise BailError

    def _skip_blank(self, index: int) -> int:
        shapes, lines = self._shapes, self._lines
        while shapes[lines[index]][0] == BLANK:
            index += 1
        return index

    def _node(self, index: int, level: int, depth: int) -> tuple[Json, int]:
        """Read the value that starts in a line; ``level`` and ``depth`` are its parent's."""
        form, indent, _, value = self._shapes[self._lines[index]]
        if depth >= self._deepest or indent <= level:
            raise BailError
        if form <= LAST_KEYED:
            return self._mapping(index, indent, depth + 1)
        if form <= LAST_ITEM:
            return self._sequence(index, indent, depth + 1)
        if form == ALONE + SCALAR and level >= 0:
            return self._text(index, level, value)
        if form == ALONE + QUOTE and level >= 0:
            return read_quote(str(value), self._lines, index + 1, level)
        raise BailError

    def _mapping(self, index: int, level: int, depth: int, started: JsonObject | None = None) -> tuple[JsonObject, int]:
        """Read a mapping; ``started`` is its first member when that stood behind a dash."""
        shapes, lines = self._shapes, self._lines
        result: JsonObject = {} if started is None else started
        while True:
            form, indent, key, value = shapes[lines[index]]
            if form <= LAST_KEYED and indent == level:
                if key in result:
                    raise BailError
                index += 1
                if form == SCALAR:
                    result[key] = value
                elif form == NOTHING:
                    form, indent, _, _ = shapes[lines[index]]
                    if indent > level and form <= LAST_KEYED and depth < self._deepest:
                        result[key], index = self._mapping(index, indent, depth + 1)
                    else:
                        result[key], index = self._below_key(index, level, depth)
                else:
                    result[key], index = self._opened(form, value, index, level, depth)
            elif form == BLANK:
                index += 1
            elif indent < level:
                return result, index
            else:
                result[next(reversed(result))], index = self._continued(index, level, SCALAR)

    def _sequence(self, index: int, level: int, depth: int) -> tuple[list[Json], int]:
        shapes, lines = self._shapes, self._lines
        result: list[Json] = []
        node: Json
        while True:
            form, indent, key, value = shapes[lines[index]]
            if indent == level and ITEM <= form <= LAST_ITEM:
                if form == ITEM + SCALAR:
                    node, index = value, index + 1
                elif form == PAIR:
                    if depth >= self._deepest:
                        raise BailError
                    node, index = self._mapping(index + 1, indent + 2, depth + 1, {key: value})
                elif form == NESTED:
                    node, index = self._nested(index, str(value), level, depth)
                elif form == ITEM + NOTHING:
                    node, index = self._below_dash(index + 1, level, depth)
                else:
                    node, index = self._opened(form - ITEM, value, index + 1, level, depth)
                result.append(node)
            elif form == BLANK:
                index += 1
            elif indent <= level:
                return result, index
            else:
                result[-1], index = self._continued(index, level, ITEM + SCALAR)

    def _nested(self, index: int, undashed: str, level: int, depth: int) -> tuple[Json, int]:
        """Read a mapping or sequence that starts behind a dash: its first line is the one without that dash."""
        self._lines[index] = undashed
        form, indent, _, _ = self._shapes[undashed]
        if form <= LAST_KEYED and depth < self._deepest:
            return self._mapping(index, indent, depth + 1)
        return self._node(index, level, depth)

    def _below_key(self, index: int, level: int, depth: int) -> tuple[Json, int]:
        """Read a value in the lines after its key; a sequence may stand in the key's own column."""
        form, indent, _, _ = self._shapes[self._lines[index]]
        if form == BLANK:
            return self._below_key(self._skip_blank(index), level, depth)
        if indent > level:
            return self._node(index, level, depth)
        if indent == level and ITEM <= form <= LAST_ITEM:
            return self._node(index, level - 1, depth)
        return None, index

    def _below_dash(self, index: int, level: int, depth: int) -> tuple[Json, int]:
        """Read a value in the lines after its dash."""
        index = self._skip_blank(index)
        indent = self._shapes[self._lines[index]][1]
        return self._node(index, level, depth) if indent > level else (None, index)

    def _opened(self, content: int, start: Scalar, index: int, level: int, depth: int) -> tuple[Json, int]:
        """Read a value of which ``start`` stands on the line of its key or dash."""
        text = str(start)
        if content == BLOCK:
            return read_block(text, self._lines, index, level, unfinished=self._unfinished)
        if content == FLOW:
            return read_flow(text, self._resolve, self._deepest - depth), index
        return read_quote(text, self._lines, index, level)

    def _text(self, index: int, level: int, value: Scalar) -> tuple[Json, int]:
        """Read a scalar on lines of its own."""
        following = self._skip_blank(index + 1)
        if self._shapes[self._lines[following]][1] <= level:
            return value, following
        return self._joined(self._lines[index].strip(" "), index + 1, level)

    def _continued(self, index: int, level: int, form: int) -> tuple[str, int]:
        """Read the further lines of a plain scalar; ``index`` is the first of them."""
        first = index - 1
        while not self._lines[first].strip(" "):
            first -= 1
        line = self._lines[first]
        first_form, indent, _, _ = self._shapes[line]
        if first_form == PAIR:
            first_form, indent = SCALAR, indent + 2
        if first_form != form or indent != level or self._shapes[self._lines[index]][1] <= level:
            raise BailError
        body = line.strip(" ")
        text = body.partition(": ")[2] if form == SCALAR else body[1:]
        return self._joined(text.strip(" "), first + 1, level)

    def _joined(self, text: str, index: int, level: int) -> tuple[str, int]:
        """Join a plain scalar with the lines after it that are indented further than its parent."""
        if "#" in text or text[0] in "\"'":
            raise BailError
        breaks = 0
        while True:
            line = self._lines[index]
            body = line.strip(" ")
            if not body:
                breaks += 1
            elif len(line) - len(line.lstrip(" ")) <= level:
                return text, index
            else:
                if body[0] == "#" or body[-1] == ":" or ": " in body or " #" in body or "\t" in body:
                    raise BailError
                text += ("\n" * breaks if breaks else " ") + body
                breaks = 0
            index += 1
