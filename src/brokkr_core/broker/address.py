"""Where the broker lives: one root URL, whatever way it was written down."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from brokkr_core.errors import ConfigError

#: Every REST path starts with this (contract section 1).
API = "/api/v1"

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]")


def root_address(url: str) -> str:
    """Bring a broker URL into the one form that paths are appended to.

    A trailing slash would make ``//api/v1``, which the broker's console answers with 200 and HTML
    (contract section 1), so slashes at the end and doubled ones in a path prefix are dropped.

    Args:
        url: the ROOT of the broker, with or without a path prefix and a trailing slash.

    Returns:
        The URL without a trailing slash, for example ``https://brokkr.example/eu``.

    Raises:
        ConfigError: it is no http or https URL, holds a user, query or fragment, or already names the API.
    """
    text = url.strip()
    if _UNPRINTABLE.search(text):
        raise ConfigError(["broker URL: holds white space or control characters; remove them"])
    try:
        parts = urlsplit(text)
        faults = _faults(parts)
    except ValueError as error:
        raise ConfigError([f"broker URL: cannot be read ({error}); give http(s)://host[:port][/prefix]"]) from None
    if faults:
        raise ConfigError(faults)
    prefix = "/".join(segment for segment in parts.path.split("/") if segment)
    return f"{parts.scheme}://{parts.netloc}" + (f"/{prefix}" if prefix else "")


def _faults(parts: SplitResult) -> list[str]:
    """Say everything that is wrong, without repeating the URL: it may hold a password."""
    faults = []
    if parts.scheme not in {"http", "https"}:
        faults.append("broker URL: has to start with http:// or https://")
    if not parts.hostname:
        faults.append("broker URL: names no host; give http(s)://host[:port][/prefix]")
    if parts.port == 0:
        faults.append("broker URL: port 0 cannot be connected to; give 1 to 65535 or none")
    if "@" in parts.netloc:
        faults.append("broker URL: holds a user or password; the broker only takes a PAK, remove them")
    if parts.query or parts.fragment:
        faults.append("broker URL: holds a query or fragment; give the root only")
    if parts.path.rstrip("/").endswith(API):
        faults.append(f"broker URL: ends with {API}; give the root, the client appends it")
    return faults
