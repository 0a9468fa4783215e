"""Settings of how often and how much at once."""

from __future__ import annotations

from attrs import frozen

from brokkr_agent.checks import between, ws_url
from brokkr_agent.settings.definition import Applies, setting

#: As many stacks, and as many objects of one stack, are worked on at once at the very most.
MOST_STACKS = 64
MOST_WORKERS = 64


@frozen(kw_only=True, slots=False)
class Pace:
    """Pace."""

    polling_interval: float = setting(
        10.0,
        Applies.LIVE,
        "Seconds between two polls and between two heartbeats; "
        "also the first wait before a failed revision is tried again.",
        between(0.1, 3600),
    )
    resync_interval: float = setting(
        600.0,
        Applies.LIVE,
        "After so many seconds a stack that is in order is compared with the cluster again.",
        between(1, 86400),
    )
    max_retries: int = setting(
        60, Applies.RESTART, "How many seconds to wait for the broker at the start.", between(1, 100_000)
    )
    ws_force_rest: bool = setting(
        False,
        Applies.RESTART,
        "`true` turns the WebSocket off; without it everything is found by the next poll.",
    )
    ws_url: str = setting("", Applies.RESTART, "Where the WebSocket is, if not below the broker's root.", ws_url)
    workers: int = setting(
        32,
        Applies.NEXT,
        "Objects of one stack that are worked on at once, at most; "
        "a run begins with eight, and halves when the server says that it is too much.",
        between(1, MOST_WORKERS),
    )
    concurrent_stacks: int = setting(4, Applies.LIVE, "Stacks that are worked on at once.", between(1, MOST_STACKS))
    concurrent_mebibytes: int = setting(
        64,
        Applies.LIVE,
        "How large the texts of the revisions are together that are worked on at once, in MiB; "
        "a larger one is worked on alone.",
        between(1, 100_000),
    )
    target_state_mebibytes: int = setting(
        256,
        Applies.RESTART,
        "How large the broker's answer with the newest revision of every stack may be, in MiB; "
        "a poll takes up to three times its size in memory. "
        "Beyond the limit nothing new is applied, and a warning says so.",
        between(1, 100_000),
    )
    drain_timeout_seconds: float = setting(
        25.0, Applies.LIVE, "How many seconds requests under way may take after a stop.", between(0.1, 3600)
    )
    deployment_health_enabled: bool = setting(
        True, Applies.LIVE, "Whether the health of what was deployed is reported to the broker."
    )
    deployment_health_interval: float = setting(
        60.0, Applies.LIVE, "Seconds between two such reports.", between(0.1, 86400)
    )
