"""Lines of block-style YAML -> a value: the path nearly every rendered manifest takes.

The reader goes down line by line, one function for mappings and one for sequences, over shapes that are
remembered (``shapes.py``). It answers only where it is certain. Everything else raises ``BailError``: anchors,
aliases, tags, merge keys, keys that are no text, duplicate keys, tabs, flow style over several lines, anything
wrong. Errors, and their lines, always come from the event path (``events.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from operator import length_hint
from typing import TypeAlias

from brokkr_core.manifest.anchors import Anchors
from brokkr_core.manifest.bail import BailError
from brokkr_core.manifest.blocks import read_block
from brokkr_core.manifest.limits import Limits
from brokkr_core.manifest.quotes import read_quote
from brokkr_core.manifest.scalars import Scalar
from brokkr_core.manifest.shapes import (
    ALIAS,
    ALONE,
    ANCHOR,
    BLANK,
    BLOCK,
    END,
    END_LINE,
    FLOW,
    ITEM,
    LAST_ITEM,
    LAST_KEYED,
    MERGE,
    NESTED,
    NOTHING,
    OTHER,
    PAIR,
    QUOTE,
    SCALAR,
    Shape,
    Shapes,
)
from brokkr_core.model.json import Json, JsonObject

#: A value, and the shape of the line after it.
Found: TypeAlias = "tuple[Json, Shape]"

#: Deeper documents go to the event path, which does not recurse.
DEEPEST = 100

_ASCII_TEXT = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
#: What may stand in a document of the simple sort; line breaks beyond ``\n`` and byte order marks may not.
_SPECIAL = "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"


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
        self._ahead: Iterator[str] = iter(())
        self._rest: Iterator[Shape] = iter(())
        self._unfinished = -1
        self._anchors = Anchors(limits)

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
        self._anchors = Anchors(self._limits)
        self._ahead = iter(lines)
        self._rest = map(self._shapes.__getitem__, self._ahead)
        try:
            value, shape = self._node(self._skip_blank(next(self._rest)), -1, 0)
        except RecursionError:
            raise BailError from None
        finally:
            self._lines = []
        if shape[0] != END:
            raise BailError
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

    def _skip_blank(self, shape: Shape) -> Shape:
        while shape[0] == BLANK:
            shape = next(self._rest)
        return shape

    def _position(self) -> int:
        """Return the index of the line after the one whose shape was taken last."""
        return len(self._lines) - length_hint(self._ahead)

    def _go_on(self, index: int) -> Shape:
        """Pass over the lines before an index and return the shape there."""
        skipped = index - self._position()
        if skipped < 0:  # a comment that was passed over stands between the lines of a scalar
            raise BailError
        if skipped:
            next(islice(self._ahead, skipped, skipped), None)
        return next(self._rest)

    def _node(self, shape: Shape, level: int, depth: int) -> Found:
        """Read the value that starts in a line; ``level`` and ``depth`` are its parent's."""
        form, indent, _, value = shape
        if depth >= self._deepest or indent <= level:
            raise BailError
        if form <= LAST_KEYED:
            return self._mapping({}, shape, indent, depth + 1)
        if form <= LAST_ITEM:
            return self._sequence(shape, indent, depth + 1)
        if form == ALONE + SCALAR and level >= 0:
            return self._text(level, value)
        if form == ALONE + QUOTE and level >= 0:
            return self._opened(QUOTE, value, level, depth)
        raise BailError

    def _mapping(  # noqa: PLR0912 - every line goes through here, without a call
        self, result: JsonObject, first: Shape, level: int, depth: int
    ) -> Found:
        """Read members into a mapping, which is empty or holds the one that stood behind a dash."""
        rest, shape, merged = self._rest, first, False
        while True:
            form, indent, key, value = shape
            if form <= LAST_KEYED and indent == level:
                if key in result and not merged:
                    raise BailError
                if form == SCALAR:
                    result[key] = value
                    # Members with a scalar come in runs, and this is where most lines of a stream go.
                    for shape in rest:
                        form, indent, key, value = shape
                        if form != SCALAR or indent != level or key in result:
                            break
                        result[key] = value
                elif form == NOTHING:
                    shape = next(rest)
                    if shape[0] <= LAST_KEYED and shape[1] > level and depth < self._deepest:
                        result[key], shape = self._mapping({}, shape, shape[1], depth + 1)
                    else:
                        result[key], shape = self._below_key(shape, level, depth)
                elif form == MERGE:
                    self._anchors.merge(str(value), result)
                    merged, shape = True, next(rest)
                else:
                    result[key], shape = self._opened(form, value, level, depth)
            elif form == BLANK:
                shape = next(rest)
            elif indent < level:
                return result, shape
            else:
                # Once keys were merged, the last one of the mapping need not be the last that was read.
                form = OTHER if merged else SCALAR
                result[next(reversed(result))], shape = self._continued(level, form)

    def _sequence(self, first: Shape, level: int, depth: int) -> Found:
        rest, shape = self._rest, first
        result: list[Json] = []
        node: Json
        while True:
            form, indent, key, value = shape
            if indent == level and ITEM <= form <= LAST_ITEM:
                if form == PAIR:
                    member: JsonObject = {key: value}
                    # Items are often nothing but members with a scalar, each followed by the next item.
                    for shape in rest:
                        form, indent, key, value = shape
                        if form != SCALAR or indent != level + 2 or key in member:
                            break
                        member[key] = value
                    if depth >= self._deepest:
                        raise BailError
                    node = member
                    if form != PAIR or indent != level:
                        node, shape = self._mapping(member, shape, level + 2, depth + 1)
                elif form == ITEM + SCALAR:
                    node, shape = value, next(rest)
                else:
                    node, shape = self._item(form, value, level, depth)
                result.append(node)
            elif form == BLANK:
                shape = next(rest)
            elif indent <= level:
                return result, shape
            else:
                result[-1], shape = self._continued(level, ITEM + SCALAR)

    def _item(self, form: int, value: Scalar, level: int, depth: int) -> Found:
        """Read an item that is more than its line says."""
        if form == NESTED:
            return self._nested(str(value), level, depth)
        if form == ITEM + NOTHING:
            return self._below_dash(level, depth)
        if form == ITEM + ANCHOR:
            return self._anchored(str(value), lambda: self._below_dash(level, depth))
        return self._opened(form - ITEM, value, level, depth)

    def _nested(self, undashed: str, level: int, depth: int) -> Found:
        """Read a mapping or sequence that starts behind a dash: its first line is the one without that dash."""
        self._lines[self._position() - 1] = undashed
        shape = self._shapes[undashed]
        form, indent, _, _ = shape
        if form <= LAST_KEYED and depth < self._deepest:
            return self._mapping({}, shape, indent, depth + 1)
        return self._node(shape, level, depth)

    def _anchored(self, name: str, read: Callable[[], Found]) -> Found:
        """Read what stands below an anchor."""
        before = self._anchors.begin(name)
        value, shape = read()
        self._anchors.end(name, value, before)
        return value, shape

    def _below_key(self, first: Shape, level: int, depth: int) -> Found:
        """Read a value in the lines after its key; a sequence may stand in the key's own column."""
        form, indent, _, _ = shape = self._skip_blank(first)
        if ITEM <= form <= LAST_ITEM and indent >= level and depth < self._deepest:
            return self._sequence(shape, indent, depth + 1)
        return self._node(shape, level, depth) if indent > level else (None, shape)

    def _below_dash(self, level: int, depth: int) -> Found:
        """Read a value in the lines after its dash."""
        shape = self._skip_blank(next(self._rest))
        return self._node(shape, level, depth) if shape[1] > level else (None, shape)

    def _opened(self, content: int, start: Scalar, level: int, depth: int) -> Found:
        """Read a value of which ``start`` stands on the line of its key or dash."""
        text = str(start)
        if content == FLOW:
            from brokkr_core.manifest.flow import read_flow  # noqa: PLC0415 - many streams hold none

            return read_flow(text, self._resolve, self._deepest - depth), next(self._rest)
        if content == ALIAS:
            return self._anchors.alias(text), next(self._rest)
        if content == ANCHOR:
            return self._anchored(text, lambda: self._below_key(next(self._rest), level, depth))
        value: Json
        if content == BLOCK:
            value, index = read_block(text, self._lines, self._position(), level, unfinished=self._unfinished)
        else:
            value, index = read_quote(text, self._lines, self._position(), level)
        return value, self._go_on(index)

    def _text(self, level: int, value: Scalar) -> Found:
        """Read a scalar on lines of its own."""
        index = self._position()
        following = self._skip_blank(next(self._rest))
        if following[1] <= level:
            return value, following
        return self._joined(self._lines[index - 1].strip(" "), index, level)

    def _continued(self, level: int, form: int) -> Found:
        """Read the further lines of a plain scalar, the first of which is the line taken last."""
        index = self._position() - 1
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

    def _joined(self, text: str, index: int, level: int) -> Found:
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
                return text, self._go_on(index)
            else:
                if body[0] == "#" or body[-1] == ":" or ": " in body or " #" in body or "\t" in body:
                    raise BailError
                text += ("\n" * breaks if breaks else " ") + body
                breaks = 0
            index += 1
