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
    control_address: str = setting(
        "127.0.0.1", Applies.RESTART, "Where the {doc}`control API <control-api>` is served.", address
    )
    control_port: int = setting(8081, Applies.RESTART, "The port; `0` switches it off.", between(0, 65535))
    control_token_file: str = setting(
        "",
        Applies.RESTART,
        "File with the token that callers have to show, one line of 16 printable ASCII characters at least; it is read "
        "again when it changes. Without one only the same machine may ask, and `agent.control_address` has to be a "
        "loopback address.",
    )
    progress_events: bool = setting(
        True,
        Applies.RESTART,
        "Whether the progress of deployments is told as Events of Kubernetes; it needs the right to create and patch "
        "`events` in the namespaces of what is deployed, and in the agent's own. See {doc}`progress-events`.",
    )
    stuck_seconds: float = setting(
        300.0,
        Applies.NEXT,
        "A loop without a sign of life for so many seconds is stuck.",
        between(30, 86400),
    )
    metrics_stacks: int = setting(
        200, Applies.LIVE, "So many stacks have series of their own, at most.", between(0, 100_000)
    )
