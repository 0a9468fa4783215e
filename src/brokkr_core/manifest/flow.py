"""Flow collections on one line, of the simple sort: ``{}``, ``[get, list]``, ``{name: a, port: 80}``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from brokkr_core.manifest.bail import BailError
from brokkr_core.manifest.quotes import unquoted
from brokkr_core.manifest.scalars import Scalar, ScalarError
from brokkr_core.model.json import Json, JsonObject

Resolve: TypeAlias = "Callable[[str], Scalar]"

#: libyaml gives up on keys this long; no collection that long is read here.
LONGEST = 900

_TOKEN = re.compile(
    r"""[ ]*(?:([\[\]{},])|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|((?:[\w./$+=~<(\\]|-(?=[\w./-]))[^,\[\]{}#:?"']*))"""
)


def read_flow(text: str, resolve: Resolve, deepest: int) -> Json:
    """Read a flow collection.

    Args:
        text: begins with ``{`` or ``[``.
        resolve: plain scalar -> value.
        deepest: how many collections may nest.

    Returns:
        A new value.

    Raises:
        BailError: the collection is not of the simple sort.
    """
    if deepest < 1:
        raise BailError
    if text == "{}":
        return {}
    if text == "[]":
        return []
    if len(text) > LONGEST or "#" in text or text.count("[") + text.count("{") > deepest:
        raise BailError
    reader = _Flow(text, resolve)
    value = reader.value(reader.token())
    if text[reader.position :].strip(" "):
        raise BailError
    return value


class _Flow:
    """A position in the text that moves on token by token."""

    def __init__(self, text: str, resolve: Resolve) -> None:
        self.text = text
        self.position = 0
        self._resolve = resolve

    def token(self) -> re.Match[str]:
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            raise BailError
        self.position = match.end()
        return match

    def value(self, token: re.Match[str]) -> Json:
        sign, quoted, plain = token.groups()
        if sign == "{":
            return self._mapping()
        if sign == "[":
            return self._sequence()
        if sign:
            raise BailError
        if self.text[self.position : self.position + 1] not in (",", "]", "}"):
            raise BailError
        return unquoted(quoted[1:-1], quoted[0]) if quoted else self._plain(plain)

    def _plain(self, text: str) -> Scalar:
        try:
            return self._resolve(text.rstrip(" "))
        except ScalarError:
            raise BailError from None

    def _sequence(self) -> list[Json]:
        result: list[Json] = []
        token = self.token()
        while token[1] != "]":
            result.append(self.value(token))
            token = self._next("]")
        return result

    def _mapping(self) -> JsonObject:
        result: JsonObject = {}
        token = self.token()
        while token[1] != "}":
            key = self._key(token)
            if key in result or not self.text.startswith(": ", self.position):
                raise BailError
            self.position += 2
            result[key] = self.value(self.token())
            token = self._next("}")
        return result

    def _next(self, closing: str) -> re.Match[str]:
        """Return the token after a comma, or the closing sign."""
        token = self.token()
        if token[1] == closing:
            return token
        if token[1] != ",":
            raise BailError
        token = self.token()
        if token[1] in (",", "]", "}"):
            raise BailError
        return token

    def _key(self, token: re.Match[str]) -> str:
        _, quoted, plain = token.groups()
        if quoted:
            return unquoted(quoted[1:-1], quoted[0])
        if not plain or plain[-1] == " " or plain == "<<" or self._plain(plain) != plain:
            raise BailError
        return str(plain)
