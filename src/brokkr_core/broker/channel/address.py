"""Where the agent's WebSocket of a broker is (contract 8.1)."""

from __future__ import annotations

from urllib.parse import urlsplit

from brokkr_core.broker.address import root_address
from brokkr_core.errors import ConfigError

#: Where agents are let in; outside the API, and only with the PAK of an agent.
AGENT_PATH = "/internal/ws/agent"

#: For messages: how the upgrade is asked for.
ENDPOINT = f"GET {AGENT_PATH}"


def channel_address(broker_url: str, override: str = "") -> str:
    """Find the URL of the agent's WebSocket.

    Args:
        broker_url: the ROOT of the broker, as for ``BrokerClient``.
        override: a complete ``ws`` or ``wss`` URL to use instead, or empty.

    Returns:
        A ``ws`` URL for an ``http`` root, a ``wss`` URL for an ``https`` one.

    Raises:
        ConfigError: one of the two is no such URL; neither is repeated, since it may hold a password.
    """
    if not override:
        return "ws" + root_address(broker_url).removeprefix("http") + AGENT_PATH
    try:
        parts = urlsplit(override.strip())
        good = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good, parts = False, urlsplit("")
    if not good:
        raise ConfigError(["WebSocket URL: has to be ws://host[:port]/path or wss://host[:port]/path"])
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(["WebSocket URL: holds a user, a query or a fragment; the broker only takes a PAK"])
    return override.strip()
