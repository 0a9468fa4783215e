"""What the value of a setting has to be: a check returns what is wrong, or the empty text."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from brokkr_core.errors import UsageError


def http_url(value: object) -> str:
    """Say what is wrong with the root URL of a broker, or nothing."""
    try:
        parts = urlsplit(str(value))
        good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        good = False
    return "" if good else "must be the broker's root URL, such as https://broker.example.org"


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
