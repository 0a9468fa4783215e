"""The format of a PAK: three parts, of which only the last one is compared (contract 2.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from brokkr_core.testing.broker.settings import Settings

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LONG_TOKEN_BYTES = 24
_PARTS = 3


def base58(data: bytes) -> str:
    """Write bytes in base58, leading zero bytes as ``1``."""
    number = int.from_bytes(data)
    digits = ""
    while number:
        number, rest = divmod(number, 58)
        digits = _ALPHABET[rest] + digits
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + digits


def long_token(pak: str) -> str | None:
    """Return the part that counts, or None when the text does not have exactly three parts."""
    parts = pak.split("_")
    return parts[2] if len(parts) == _PARTS else None


def hash_of(pak: str) -> str:
    """Return the stored form of a PAK: lower-case hex SHA-256 of its long token.

    Args:
        pak: a PAK with three parts.

    Returns:
        64 hex digits.

    Raises:
        ValueError: the text does not have three parts; it is not repeated in the message.
    """
    token = long_token(pak)
    if token is None:
        raise ValueError("a PAK has three parts separated by '_'")
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def mint(new_bytes: Callable[[int], bytes], settings: Settings) -> str:
    """Make a new PAK.

    Args:
        new_bytes: where chance comes from.
        settings: prefix and lengths.

    Returns:
        The plain text, which the broker gives away once and does not keep.
    """
    wanted = settings.short_token_length - len(settings.short_token_prefix)
    tail = base58(new_bytes(wanted))[-wanted:] if wanted > 0 else ""
    short = settings.short_token_prefix + tail.rjust(wanted, "1")
    return f"{settings.pak_prefix}_{short}_{base58(new_bytes(_LONG_TOKEN_BYTES))}"
