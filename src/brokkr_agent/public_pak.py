"""The public development PAK: everybody knows it, so that only a broker on this machine is spoken to with it."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from brokkr_agent.checks import is_loopback

#: SHA-256 of its long token, the only part that a broker compares (contract 2.2).
_HASH = "4c697273df3d764cba950bb5c04368097685f09259f5bd880d892cf1ff9f4cdd"

#: What is wrong with it.
FAULT = (
    "the public development PAK, which everybody knows, is only for a broker at a loopback address; "
    "give the PAK that your broker issued for this agent"
)


def is_public(pak: str) -> bool:
    """Tell whether a PAK is the public one, whatever its first two parts are."""
    token = pak.strip().rpartition("_")[2]
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest() == _HASH


def on_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine and nowhere else."""
    try:
        host = urlsplit(url.strip()).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or is_loopback(host)
    except ValueError:
        return False
