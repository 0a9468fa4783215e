"""Where the WebSockets of a broker are, and who is let in (contract 7.2, 7.3, 8.1)."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from attrs import frozen

from brokkr_core.broker.address import API, root_address
from brokkr_core.errors import ConfigError, UsageError

#: Where agents are let in; outside the API, and only with the PAK of an agent.
AGENT_PATH = "/internal/ws/agent"


@frozen(kw_only=True)
class Entrance:
    """What messages say about a WebSocket.

    Args:
        endpoint: how the upgrade is asked for.
        refusal: what a 403 without a body means there.
    """

    endpoint: str
    refusal: str


AGENT_ENTRANCE = Entrance(
    endpoint=f"GET {AGENT_PATH}",
    refusal="only the PAK of an agent is let in; this one belongs to an administrator or a generator",
)


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


def stack_tail_address(broker_url: str, stack_id: str) -> tuple[str, Entrance]:
    """Find the WebSocket that tells what agents say about a stack.

    Args:
        broker_url: the ROOT of the broker.
        stack_id: which stack.

    Returns:
        Its URL, and what messages say about it.

    Raises:
        ConfigError: the URL is none.
        UsageError: the id is none.
    """
    try:
        stack_id = str(UUID(stack_id))
    except ValueError:
        raise UsageError(f"stack id {stack_id[:40]!r}: give the UUID of the stack") from None
    refusal = "only an administrator and the generator that owns the stack may follow it"
    return _tail_address(broker_url, f"/stacks/{stack_id}/live", refusal)


def fleet_tail_address(broker_url: str) -> tuple[str, Entrance]:
    """Find the WebSocket that tells how agents are; result and errors as for :func:`stack_tail_address`."""
    return _tail_address(broker_url, "/fleet/live", "only an administrator may follow the fleet")


def _tail_address(broker_url: str, path: str, refusal: str) -> tuple[str, Entrance]:
    url = "ws" + root_address(broker_url).removeprefix("http") + API + path
    return url, Entrance(endpoint=f"GET {API}{path}", refusal=refusal)
