"""One line of block-style YAML -> its shape, remembered, because manifests repeat their lines.

A shape says what a line is on its own: whether it opens an item or a member, how far it is indented, its key,
and the value if the line holds all of it. Shapes never hold mappings or sequences, so they can be shared.
Whatever is not recognised for certain gets the form OTHER, and the document goes to the event path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from sys import intern
from typing import Final, TypeAlias

from brokkr_core.manifest.keys import key_text
from brokkr_core.manifest.quotes import open_quote, whole_quote
from brokkr_core.manifest.scalars import HINTS, Scalar, ScalarError

#: Form, indent, key (empty where none stands), and value: a scalar, or the text the rest of the value starts with.
Shape: TypeAlias = "tuple[int, int, str, Scalar]"
#: What stands before ``: ``: form (``SCALAR`` or ``PAIR``), indent and key.
Opening: TypeAlias = "tuple[int, int, str]"

# What stands where a value belongs. A form is one of these plus where it stands: after a key (KEYED), after a
# dash (ITEM) or alone on its line (ALONE). Plain integers, because comparing them is the inner loop.
SCALAR: Final = 0
NOTHING: Final = 1
FLOW: Final = 2
BLOCK: Final = 3
QUOTE: Final = 4
ALIAS: Final = 5
ANCHOR: Final = 6  #: nothing but an anchor: it names what stands below

KEYED: Final = 0
MERGE: Final = KEYED + 7  #: a merge key with an alias
LAST_KEYED: Final = MERGE
ITEM: Final = 8
NESTED: Final = ITEM + 7  #: a dash and then a member or another dash; the value is the line without that dash
PAIR: Final = ITEM + 8  #: a dash, one blank, and then a key with its scalar
LAST_ITEM: Final = PAIR
ALONE: Final = 17
BLANK: Final = 24
OTHER: Final = 25
END: Final = 26

#: Stands after the last line, so that no loop has to count; it can be in no document.
END_LINE: Final = "\0"

#: Lines up to this length are remembered, and so many; then all are forgotten.
LONGEST_REMEMBERED = 120
MOST_REMEMBERED = 16_384
#: Keys that are remembered, with and without their indent; then all are forgotten.
MOST_OPENINGS = 4_096

#: libyaml refuses keys of more than 1024 characters; this stays clear of that.
LONGEST_KEY = 900

# Compiled when first needed, and then kept by ``re``.
_KEY = r"(?a)[\w./$][\w./$()+=@:-]*\Z"
_QUOTED_KEY = r"\"[^\"\\]*\"\Z|'[^']*'\Z"
#: Characters that start something else than a plain scalar, or only under conditions.
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
#: A plain scalar that starts with one of these is text to every reader.
_TEXT_STARTS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_$") - HINTS
#: What else may start a plain scalar, as long as nothing but text or a number or a word can come of it.
_TEXT_OR_HINTS = _TEXT_STARTS | HINTS - {"-"}
#: What stands before ``: `` on most lines: blanks, perhaps a dash, and a key.
_OPENING = re.compile(r"([ ]*+)(- )?+([A-Za-z0-9_./$][A-Za-z0-9_./$+=@-]*+)\Z").match
#: Most lines without ``: ``.
_COMMON = re.compile(
    r"""([ ]*+)(-[ ]++)?+                                # blanks, a dash
    (?:
      ([A-Za-z0-9_./$][A-Za-z0-9_./$+=@-]*+):           # a key and its colon
      |([A-Za-z0-9_/$][^\t:#]*+(?::[^\s:#][^\t:#]*+)*+)  # a plain scalar: no comment, no ``: ``
      |"([^"\\\t]*+)"
    )\Z""",
    re.ASCII | re.VERBOSE,
).match
#: An anchor or an alias.
_NAME = r"[&*][A-Za-z0-9_-]{1,200}\Z"
_BLOCK_HEADERS = frozenset({"|", "|-", "|+", ">", ">-", ">+"})

_BLANK_SHAPE: Shape = (BLANK, 0, "", None)
_END_SHAPE: Shape = (END, -1, "", None)


class Shapes(dict[str, Shape]):
    """The shapes of lines; a line not seen before is looked at once."""

    def __init__(self, resolve: Callable[[str], Scalar]) -> None:
        """Start with an empty memory.

        Args:
            resolve: plain scalar -> value; raises ``ScalarError`` for what the event path has to judge.
        """
        super().__init__()
        self._resolve = resolve
        self._keys: dict[str, str | None] = {}
        self._openings: dict[str, Opening] = {}

    def __missing__(self, line: str) -> Shape:
        if len(line) > LONGEST_REMEMBERED:
            return self._shape(line)  # which goes by searches, not character by character
        before, _, text = line.partition(": ")
        if not text:
            shape = self._common(line)
        else:
            opening = self._openings.get(before)
            if opening is None:
                opening = self._new_opening(before)
                if opening is not None:
                    # Where the key is new the line is not worth remembering: a ConfigMap may have many.
                    return self._pair(opening, text) or self._shape(line)
            shape = self._pair(opening, text) if opening is not None else None
        if shape is None:
            shape = self._shape(line)
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        self[line] = shape
        return shape

    def _pair(self, opening: Opening, text: str) -> Shape | None:
        """A key, perhaps after a dash, and a scalar: most lines that are new have a value that is, not a key.

        So what stands before ``: `` is remembered, and the value is looked at without a regular expression.
        """
        value: Scalar = text
        first, last = text[0], text[-1]
        if first in _TEXT_OR_HINTS:
            if "#" in text or "\t" in text or last == " " or (":" in text and (last == ":" or ": " in text)):
                return None
            if first in HINTS:
                try:
                    value = self._resolve(text)
                except ScalarError:
                    return None
        elif first in "\"'" and last == first and text.count(first) == 2 and "\\" not in text and "\t" not in text:
            value = text[1:-1]
        else:
            return None
        form, indent, key = opening
        return (form, indent, key, value)

    def _new_opening(self, before: str) -> Opening | None:
        match = _OPENING(before)
        if match is None:
            return None
        blanks, dash, written = match.groups()
        key = written if written[0] in _TEXT_STARTS and len(written) <= LONGEST_KEY else self._key(written)
        if key is None:
            return None
        opening = (PAIR if dash else SCALAR, len(blanks), key)
        if len(self._openings) >= MOST_OPENINGS:
            self._openings.clear()
        self._openings[before] = opening
        return opening

    def _common(self, line: str) -> Shape | None:
        """Most lines without ``: ``: what the rest of this class would say, in one look."""
        match = _COMMON(line)
        if match is None:
            return None
        blanks, dash, written, plain, quoted = match.groups()
        if written is not None:
            key = self._key(written)
            if key is None:
                return None
            if not dash:
                return (KEYED + NOTHING, len(blanks), key, None)
            undashed = f"{blanks} {line[len(blanks) + 1 :]}"
            # It is looked up next.
            self[undashed] = (KEYED + NOTHING, len(blanks) + len(dash), key, None)
            return (NESTED, len(blanks), key, undashed)
        value: Scalar = quoted
        if plain is not None:
            value = plain.rstrip(" ")
            if plain[0] not in _TEXT_STARTS:
                try:
                    value = self._resolve(value)
                except ScalarError:
                    return (OTHER, len(blanks), "", None)
        return (ITEM if dash else ALONE, len(blanks), "", value)

    def _shape(self, line: str) -> Shape:
        body = line.lstrip(" ")
        if not body or body[0] == "#":
            return _BLANK_SHAPE
        indent = len(line) - len(body)
        if "\t" in body:
            return (OTHER, indent, "", None)
        if body[0] == "-" and body[1:2] in ("", " "):
            return self._item(body, indent)
        if line == END_LINE:
            return _END_SHAPE
        return self._member(body, indent)

    def _item(self, body: str, indent: int) -> Shape:
        """A line that starts with a dash: look at the line that is left without it."""
        undashed = " " * (indent + 1) + body[1:]
        form, _, key, value = self._shape(undashed)
        if form == BLANK:
            return (ITEM + NOTHING, indent, "", None)
        if form <= LAST_ITEM:
            return (NESTED, indent, key, undashed)
        if ALONE <= form <= ALONE + ANCHOR:
            return (form - ALONE + ITEM, indent, "", value)
        return (OTHER, indent, "", None)

    def _member(self, body: str, indent: int) -> Shape:
        """A line that starts with a key, or holds a value alone."""
        before, colon, after = body.partition(": ")
        if not colon:
            stripped = body.rstrip(" ")
            if stripped[-1] != ":":
                return self._content(stripped, ALONE, indent, "")
            before = stripped[:-1]
        if before == "<<":
            return self._merge(after.strip(" "), indent)
        key = self._key(before)
        if key is None:
            if body[0] in "\"'[{":
                return self._content(body.rstrip(" "), ALONE, indent, "")
            return (OTHER, indent, "", None)
        after = after.strip(" ")
        if not after or after[0] == "#":
            return (KEYED + NOTHING, indent, key, None)
        return self._content(after, KEYED, indent, key)

    def _key(self, written: str) -> str | None:
        """Return the key, one object for all its places, or None when it is no simple one."""
        if written in self._keys:
            return self._keys[written]
        key = self._new_key(written)
        if len(self._keys) >= MOST_OPENINGS:
            self._keys.clear()
        self._keys[written] = key
        return key

    def _new_key(self, written: str) -> str | None:
        if len(written) > LONGEST_KEY:
            return None
        if written[:1] in ("'", '"'):
            return written[1:-1] if re.match(_QUOTED_KEY, written) else None
        if not re.match(_KEY, written):
            return None
        try:
            is_text = self._resolve(written) == written and key_text(written) == written
        except ScalarError:
            return None
        return intern(written) if is_text else None

    def _content(self, text: str, place: int, indent: int, key: str) -> Shape:
        """Look at a value; ``text`` has no blanks around it and is not empty."""
        first = text[0]
        if first not in _INDICATORS or (first == "-" and text[1:2] not in ("", " ")):
            return self._plain(text, place, indent, key)
        if first in "\"'":
            quoted = whole_quote(text)
            if quoted is not None:
                return (place + SCALAR, indent, key, quoted)
            return (place + QUOTE, indent, key, text) if open_quote(text) else (OTHER, indent, "", None)
        if first in "[{":
            return (place + FLOW, indent, key, text)
        if first in "&*":
            named = re.match(_NAME, text)
            return (place + (ALIAS if first == "*" else ANCHOR) if named else OTHER, indent, key, text[1:])
        return (place + BLOCK, indent, key, text) if text in _BLOCK_HEADERS else (OTHER, indent, "", None)

    def _merge(self, after: str, indent: int) -> Shape:
        """A merge key; in strict mode the event path refuses it."""
        try:
            is_text = self._resolve("<<") == "<<"
        except ScalarError:
            is_text = False
        is_alias = after[:1] == "*" and re.match(_NAME, after) is not None
        return (MERGE if is_text and is_alias else OTHER, indent, "", after[1:])

    def _plain(self, text: str, place: int, indent: int, key: str) -> Shape:
        # One character is searched for many times faster than two.
        if "#" in text and " #" in text:
            text = text[: text.index(" #")].rstrip(" ")
        if ":" in text and (": " in text or text[-1] == ":"):
            return (OTHER, indent, "", None)
        try:
            return (place + SCALAR, indent, key, self._resolve(text))
        except ScalarError:
            return (OTHER, indent, "", None)
