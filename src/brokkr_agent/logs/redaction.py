"""Make what is logged plain and free of secrets: by the names of fields, by known values, and by their looks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from brokkr_agent.hiding import HIDDEN
from brokkr_core.apply.difference.credentials import hidden_members, names_credential
from brokkr_core.broker.credentials import hide_paks
from brokkr_core.errors import cut
from brokkr_core.model.json import Json, JsonObject

#: So many characters of one text are logged, so deep values are followed, and so many members of one are shown.
MOST_CHARACTERS = 16_384
MOST_DEPTH = 8
MOST_MEMBERS = 200

_NAMED = (
    r"[\w.\-]*(?:passw|passphrase|pwd|token|secret|credential|api[_-]?key|private[_-]?key|authorization)[\w.\-]{0,40}"
)
#: The inside of a quoted text whose quote is the third group, in JSON that may itself be quoted.
_QUOTED = r"(?:(?!\3)(?:\\\\\\[\"']|\\.|[^\\]))*+"
#: What gives a credential away by its looks, and what is left of it. Each takes time in proportion to the text,
#: so that nobody who has a say in what is logged can hold the agent up with it.
_LOOKS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A private key as PEM (RFC 7468), its line ends escaped or not, up to its end or the end of the text.
    (
        re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        "(hidden: a private key)",
    ),
    # The credentials of a request (RFC 7617, RFC 6750).
    (
        re.compile(
            r"\b(bearer|basic)(\s+|%20)(?=[\w.~+/=-]*(?:[\d.~+/=_-]|(?-i:[a-z][A-Z])))[\w.~+/=-]{8,}", re.IGNORECASE
        ),
        rf"\1 {HIDDEN}",
    ),
    # A signed token (RFC 7519), as service accounts have them.
    (re.compile(r"\beyJ[\w-]{8,1000}+\.[\w-]{8,}+\.[\w-]*"), HIDDEN),
    # The user's part of a URL (RFC 3986 section 3.2.1); a user without a password may be a token.
    (re.compile(r"(?<=://)(?:[^/:\s@\"'<>]*+:[^/\s@\"'<>]*+|[^/:?#\s@\"'<>]++)@"), f"{HIDDEN}@"),
    # A setting, a query's parameter; a member of JSON up to its end, or the end of the text.
    (re.compile(rf"(?<![\w.\-])({_NAMED}=)[^\s&,;\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(rf"([\"']{_NAMED}(\\?[\"'])\s*[:=]\s*)(\\?[\"']){_QUOTED}(?:\3|\Z)", re.IGNORECASE | re.DOTALL),
        rf"\1\3{HIDDEN}\3",
    ),
    # A line of YAML.
    (re.compile(rf"^([ \t]*+(?:- )?{_NAMED}:[ \t]+)\S.*$", re.IGNORECASE | re.MULTILINE), rf"\1{HIDDEN}"),
)


#: One of these stands in whatever ``_LOOKS`` finds; most texts have none, and looking for words is quick.
_SUSPECT = (
    "://",
    "authorization",
    "basic",
    "bearer",
    "credential",
    "eyj",
    "key",
    "passphrase",
    "passw",
    "pwd",
    "secret",
    "token",
)

#: The shortest text that a PAK fits into (contract 2.2).
_SHORTEST_PAK = 20


def without_looks(text: str) -> str:
    """Return a text without what looks like a credential; of a PAK its public part stays."""
    small = text.lower()
    if any(word in small for word in _SUSPECT):
        for pattern, left in _LOOKS:
            text = pattern.sub(left, text)
    return hide_paks(text) if len(text) >= _SHORTEST_PAK and "_" in text else text


class Redaction:
    """Makes fields of a log line plain JSON without secrets.

    Args:
        hide: takes known values out of a text.
    """

    def __init__(self, hide: Callable[[str], str]) -> None:
        self._hide = hide

    def fields(self, line: Mapping[str, object]) -> JsonObject:
        """Return a line's fields in their order, to be written."""
        return self._members(line, depth=0, hidden=frozenset())

    def text(self, text: str) -> str:
        """Return a text to be written: redacted first and cut then, so that no cut leaves half a secret."""
        return cut(without_looks(self._hide(text)), MOST_CHARACTERS)

    def _plain(self, value: object, depth: int) -> Json:
        """Return a value to be written; of what is no data, its own text."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return round(value, 6) if math.isfinite(value) else str(value)  # JSON has no NaN
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        if depth >= MOST_DEPTH:
            return "..."
        if isinstance(value, Mapping):
            secret = hidden_members(dict(value), "", dict(value)) if value.get("kind") == "Secret" else frozenset()
            return self._members(value, depth=depth + 1, hidden=secret)
        if isinstance(value, Sequence | AbstractSet):
            return [self._plain(one, depth + 1) for one in list(value)[:MOST_MEMBERS]]
        return self.text(_told(value))

    def _members(self, value: Mapping[Any, object], *, depth: int, hidden: AbstractSet[str]) -> JsonObject:
        shown: JsonObject = {}
        for key, member in list(value.items())[:MOST_MEMBERS]:
            name = str(key)
            secret = name in hidden or (_is_secret(name) and not isinstance(member, bool | int | None))
            shown[self.text(name)] = HIDDEN if secret else self._plain(member, depth)
        return shown


_is_secret = lru_cache(maxsize=1024)(names_credential)


def _told(value: object) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__} without a text: {type(error).__name__}>"
