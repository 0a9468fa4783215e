"""What the value of a setting has to be besides its type: asked of a value, told in words, and as JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from attrs import field, fields, frozen

from brokkr_core.apply import TakeAlong
from brokkr_core.apply.prune.policy import PROTECTED
from brokkr_core.errors import ConfigError, UsageError
from brokkr_core.manifest.names import label_fault

#: Kinds whose protection can be taken away, by name; what their deletion takes along has to be allowed by itself.
UNPROTECTABLE = {kind.kind: kind for kind in sorted(PROTECTED)}
TAKEN_ALONG = tuple(one.name for one in fields(TakeAlong))


@frozen(kw_only=True)
class Check:
    """What a value has to be.

    Args:
        allowed: says it, so that it reads well after "must be".
        good: whether a value of the setting's type is allowed.
        schema: says as much of it as JSON Schema can; every good value passes it.
    """

    allowed: str
    good: Callable[[object], bool]
    schema: Mapping[str, object] = field(factory=dict)

    def __call__(self, value: object) -> str:
        """Return what is wrong with a value, or the empty text."""
        return "" if self.good(value) else f"must be {self.allowed}"


def between(low: float, high: float) -> Check:
    """Check for a number in a range, its ends included."""
    return Check(
        allowed=f"from {low:g} to {high:g}",
        good=lambda value: isinstance(value, int | float) and low <= value <= high,
        schema={"minimum": low, "maximum": high},
    )


def one_of(*allowed: str) -> Check:
    """Check for one of some words."""
    return Check(
        allowed=f"one of {', '.join(allowed)}", good=lambda value: value in allowed, schema={"enum": list(allowed)}
    )


def is_loopback(where: str) -> bool:
    """Tell whether only this machine can reach an address; the empty text stands for all addresses."""
    try:
        return ip_address(where).is_loopback
    except ValueError:
        return False


def without_paks(text: str) -> str:
    """Hide what looks like a PAK, wherever somebody may have put it by mistake."""
    from brokkr_core.broker.credentials.pak import hide_paks  # noqa: PLC0415 - the room is not loaded for a start

    return hide_paks(text)


pak_path = Check(allowed="a path, and not the PAK itself", good=lambda value: without_paks(str(value)) == value)


def some_of(*allowed: str) -> Check:
    """Check for any number of some words, separated by commas."""
    return Check(
        allowed=f"any of {', '.join(allowed)}, separated by commas",
        good=lambda value: isinstance(value, str) and all(part in allowed for part in parts(value)),
    )


def parts(text: str) -> list[str]:
    """Return what stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def read_by(parse: Callable[[str], object], form: str) -> Check:
    """Check a text by reading it.

    Args:
        parse: reads it; raises ``UsageError`` when it cannot.
        form: how to write it.
    """
    return Check(allowed=form, good=lambda value: _readable(parse, str(value)))


def _readable(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except (ConfigError, UsageError):
        return False
    return True


def _root_address(text: str) -> object:
    from brokkr_core.broker.address import root_address  # noqa: PLC0415 - the broker's client takes long to load

    return root_address(text)


def _pak(text: str) -> object:
    from brokkr_core.broker import Pak  # noqa: PLC0415 - as above

    return text and Pak(text=text)


def _ws_address(text: str) -> bool:
    try:
        url = urlsplit(text)
        return (
            url.scheme in {"ws", "wss"}
            and bool(url.hostname)
            and "@" not in url.netloc
            and url.port != 0
            and not set(text) & set("?#")
        )
    except ValueError:
        return False


http_url = read_by(_root_address, "the broker's root URL, such as https://broker.example.org")

pak_text = read_by(_pak, "empty, or a PAK: prefix, short token and base58 long token, joined by '_'")

ws_url = Check(allowed="empty, or a whole ws:// or wss:// URL", good=lambda value: not value or _ws_address(str(value)))


def _listens(value: object) -> bool:
    try:
        return value == "" or bool(ip_address(str(value)))
    except ValueError:
        return False


def _names_namespace(value: object) -> bool:
    return value == "" or not label_fault(str(value))


namespace_name = Check(allowed="empty, or the name of a namespace", good=_names_namespace)

address = Check(allowed="an IP address to listen on, such as 127.0.0.1, or empty for all of them", good=_listens)
