"""Hide values that are known to be secret, in whatever form a text may show them. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "(hidden)"

#: Shorter values are no secrets worth the name, and hiding every "1" or "yes" would make a log unreadable.
SHORTEST = 4

#: A piece of base64 has to be so long before it is taken for a secret's.
_SHORTEST_PIECE = 8


def lines_of(texts: Iterable[str]) -> set[str]:
    """Return texts and each of their lines, as a log shows them; what is too short to be a secret is left out."""
    lines = {line.strip() for text in texts for line in (text, *text.splitlines())}
    return {one for one in lines if len(one) >= SHORTEST}


def longest_first(values: Iterable[str]) -> tuple[str, ...]:
    """Return values in the order in which they have to be replaced, so that no rest of one stays."""
    return tuple(sorted(values, key=lambda one: (-len(one), one)))


def hide(text: str, values: Iterable[str]) -> str:
    """Return a text without some values, which come longest first."""
    for value in values:
        if value in text:
            text = text.replace(value, HIDDEN)
    return text


def forms(value: str) -> set[str]:
    """Return how a secret may be written: as it is, escaped, percent-encoded, and in base64 wherever it begins."""
    found = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    for encoded in (quote(value, errors="replace"), quote(value, safe="", errors="replace")):
        found |= {encoded, _lower_hex(encoded)}
    spaced = quote_plus(value, errors="replace")
    found |= {spaced, _lower_hex(spaced)}
    for piece in _base64(value.encode("utf-8", "surrogatepass")):
        found |= {piece, piece.translate(_URL_SAFE), quote(piece, safe="")}
    return {one for one in found if len(one) >= SHORTEST}


_URL_SAFE = str.maketrans("+/", "-_")


def _lower_hex(encoded: str) -> str:
    head, *rest = encoded.split("%")
    return "%".join([head, *(one[:2].lower() + one[2:] for one in rest)])


def _base64(data: bytes) -> Iterator[str]:
    """Encode bytes; and what is the same of them within longer bytes, wherever they begin there (RFC 4648)."""
    whole = base64.b64encode(data).decode()
    yield from (whole, whole.rstrip("="))
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        piece = encoded[first:last]  # without the characters that neighbours have a share in
        if len(piece) >= _SHORTEST_PIECE:
            yield piece
