"""What the value of a setting has to be: a check returns what is wrong, or the empty text."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from attrs import fields

from brokkr_core.apply import TakeAlong
from brokkr_core.apply.prune.policy import PROTECTED
from brokkr_core.errors import UsageError

#: Kinds whose protection can be taken away, by name; what their deletion takes along has to be allowed by itself.
UNPROTECTABLE = {kind.kind: kind for kind in sorted(PROTECTED)}
TAKEN_ALONG = tuple(one.name for one in fields(TakeAlong))


def between(low: float, high: float) -> Callable[[object], str]:
    """Check for a number in a range, its ends included."""

    def check(value: object) -> str:
        good = isinstance(value, int | float) and low <= value <= high
        return "" if good else f"must be from {low:g} to {high:g}"

    return check


def one_of(*allowed: str) -> Callable[[object], str]:
    """Check for one of some words."""
    return lambda value: "" if value in allowed else f"must be one of {', '.join(allowed)}"


def http_url(value: object) -> str:
    """Say what is wrong with the root URL of a broker, or nothing."""
    good = _is_url(str(value), "http", "https")
    return "" if good else "must be the broker's root URL, such as https://broker.example.org"


def ws_url(value: object) -> str:
    """Say what is wrong with the URL of a WebSocket, or nothing; the empty text is good."""
    good = not value or (_is_url(str(value), "ws", "wss") and not set(str(value)) & set("?#"))
    return "" if good else "must be empty, or a whole ws:// or wss:// URL"


def address(value: object) -> str:
    """Check for an IP address of this machine, or nothing."""
    try:
        if value != "":
            ip_address(str(value))
    except ValueError:
        return "must be an IP address to listen on, such as 127.0.0.1, or empty for all of them"
    return ""


def is_loopback(address: str) -> bool:
    """Tell whether only this machine can reach an address; the empty text stands for all addresses."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def some_of(*allowed: str) -> Callable[[object], str]:
    """Check for any number of some words, separated by commas."""

    def check(value: object) -> str:
        good = isinstance(value, str) and all(part in allowed for part in parts(value))
        return "" if good else f"must be any of {', '.join(allowed)}, separated by commas"

    return check


def parts(text: str) -> list[str]:
    """Return what stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


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
