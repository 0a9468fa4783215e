"""Settings of how the agent is watched."""

from __future__ import annotations

from attrs import frozen

from brokkr_agent.checks import address, between
from brokkr_agent.settings.definition import Applies, setting


@frozen(kw_only=True, slots=False)
class Watching:
    """Health and metrics."""

    health_address: str = setting(
        "",
        Applies.RESTART,
        "Where the {doc}`health endpoints <health>` and the {doc}`metrics` are served.",
        address,
    )
    health_port: int = setting(8080, Applies.RESTART, "The port; `0` switches them off.", between(0, 65535))
    stuck_seconds: float = setting(
        300.0,
        Applies.NEXT,
        "A loop without a sign of life for so many seconds is stuck.",
        between(30, 86400),
    )
    metrics_stacks: int = setting(
        200, Applies.LIVE, "So many stacks have series of their own, at most.", between(0, 100_000)
    )
