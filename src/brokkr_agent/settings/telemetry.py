"""Settings of what the agent tells of its cluster as it happens."""

from __future__ import annotations

from attrs import frozen

from brokkr_agent.checks import between
from brokkr_agent.settings.definition import Applies, setting


@frozen(kw_only=True, slots=False)
class Telemetry:
    """Events and logs."""

    kube_event_uid_cache_cap: int = setting(
        10_000,
        Applies.RESTART,
        "So many Events, and so many objects they are about, are remembered; `0` tells the broker of no Events.",
        between(0, 1_000_000),
    )
    pod_log_containers: int = setting(
        50,
        Applies.RESTART,
        "The logs of so many containers are followed at once, at most, each with a connection and a thread; "
        "`0` follows none.",
        between(0, 1000),
    )
    pod_log_bytes_per_second: int = setting(
        65_536,
        Applies.RESTART,
        "So many bytes of log are told in a second, for each pod; more are left out and told as a gap.",
        between(1024, 16_777_216),
    )
