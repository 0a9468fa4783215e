"""Begin and end the audit trail of one process, as the settings say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from brokkr_agent.audit.policy import Fsync, OnFailure, Policy
from brokkr_agent.audit.segments import Segments
from brokkr_agent.audit.trail import Trail
from brokkr_agent.config import AgentSettings
from brokkr_core.model.json import JsonObject


def policy_of(settings: AgentSettings) -> Policy:
    """Read from the settings how the trail is kept."""
    return Policy(
        fsync=Fsync(settings.audit_fsync),
        on_failure=OnFailure(settings.audit_on_failure),
        segment_bytes=int(settings.audit_segment_mebibytes * 2**20),
        segments_kept=settings.audit_segments_kept,
    )


@contextmanager
def open_trail(settings: AgentSettings, trace: Callable[[], str]) -> Iterator[Trail | None]:
    """Write a trail for the length of a ``with`` block.

    Args:
        settings: the section ``[agent]``.
        trace: tells the trace id of what the calling thread works for; may be empty.

    Yields:
        The trail; None when the settings name no directory.

    Raises:
        ConfigError: the directory cannot be used, or another process writes there.
        AuditError: the trail there is not whole, or its first record cannot be written.
    """
    if not settings.audit_path:
        yield None
        return
    segments = Segments(Path(settings.audit_path))
    opened = segments.open()
    policy = policy_of(settings)
    trail = Trail(segments, opened.head, policy=policy, trace=trace)
    try:
        facts: JsonObject = {"version": version("brokkr"), "pid": os.getpid(), "fsync": str(policy.fsync)}
        trail.begin({**facts, "on_failure": str(policy.on_failure)}, cut=opened.cut)
        yield trail
    finally:
        trail.close()
