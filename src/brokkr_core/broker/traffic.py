"""Which class of traffic a request belongs to: each has its own pace and its own circuit, so that none starves another.

The class is read from method and path, so that a call made by hand through ``BrokerClient.call`` has one, too.
"""

from __future__ import annotations

import re
from enum import Enum

from brokkr_core.broker.address import API
from brokkr_core.model.http import Request


class Traffic(Enum):
    """A class of traffic, the most important first: what has to slow down first stands last."""

    HEARTBEAT = "heartbeat"
    OUTCOME = "outcome"
    POLL = "poll"
    HEALTH = "health"
    TELEMETRY = "telemetry"
    OTHER = "other"

    def and_below(self) -> tuple[Traffic, ...]:
        """Return this class and those that matter less."""
        everything = tuple(Traffic)
        return everything[everything.index(self) :]


#: Method, end of the path, class; the first that fits counts. What fits none is OTHER.
_RULES = tuple(
    (method, re.compile(rf"^{API}/{path}$"), traffic)
    for method, path, traffic in (
        ("POST", r"agents/[^/]+/heartbeat", Traffic.HEARTBEAT),
        ("POST", r"agents/[^/]+/events", Traffic.OUTCOME),
        ("POST", r"(work-orders|diagnostics|webhook-deliveries)/[^/]+/(complete|result)", Traffic.OUTCOME),
        ("POST", r"(work-orders|diagnostics)/[^/]+/claim", Traffic.POLL),
        ("GET", r"agents/[^/]+/(target-state|stacks|(work-orders|diagnostics|webhooks)/pending)", Traffic.POLL),
        ("PATCH", r"agents/[^/]+/health-status", Traffic.HEALTH),
    )
)

_TARGET_STATE = re.compile(rf"^{API}/agents/[^/]+/target-state$")


def traffic_of(method: str, path: str) -> Traffic | None:
    """Tell which class a request drives in.

    Args:
        method: its HTTP method.
        path: its path from the root, with ids or with their ``{names}``.

    Returns:
        The class; None for what is outside the API, such as the readiness probe, which has to get through always.
    """
    if not path.startswith(f"{API}/"):
        return None
    fits = (traffic for verb, pattern, traffic in _RULES if verb == method and pattern.match(path))
    return next(fits, Traffic.OTHER)


def is_target_state(request: Request) -> bool:
    """Tell whether an agent asks by it what it should run: the one answer that grows with all its stacks.

    Args:
        request: any.

    Returns:
        Whether it is.
    """
    return request.method == "GET" and _TARGET_STATE.match(request.path) is not None
