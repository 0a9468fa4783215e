"""What the value of a setting has to be: a check returns what is wrong, or the empty text."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from brokkr_core.errors import UsageError


def http_url(value: object) -> str:
    """Say what is wrong with the root URL of a broker, or nothing."""
    good = _is_url(str(value), "http", "https")
    return "" if good else "must be the broker's root URL, such as https://broker.example.org"


def ws_url(value: object) -> str:
    """Say what is wrong with the URL of a WebSocket, or nothing; the empty text is good."""
    good = not value or (_is_url(str(value), "ws", "wss") and not set(str(value)) & set("?#"))
    return "" if good else "must be empty, or a whole ws:// or wss:// URL"


def read_by(parse: Callable[[str], object], form: str) -> Callable[[object], str]:
    """Check a text by reading it.

    Args:
        parse: reads it; raises ``UsageError`` when it cannot.
        form: how to write it.
    """

    def check(value: object) -> str:
        try:
            parse(str(value))
        except UsageError:
            return f"must be {form}"
        return ""

    return check


def _is_url(text: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
