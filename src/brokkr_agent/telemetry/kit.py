"""What all who follow a log share: who says it, how much of it, and what must not be said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from attrs import field, frozen

from brokkr_agent.allowance import Allowance
from brokkr_agent.telemetry.omissions import Omissions
from brokkr_agent.telemetry.secrets import PodSecrets
from brokkr_agent.telemetry.speaker import Speaker
from brokkr_core.broker.bucket import Rate
from brokkr_core.kube import KubeClient

_log = structlog.get_logger("pod-logs")

#: Of one container (contract 12.5: at most 100 lines in a second).
LINES = Rate(per_second=100.0, burst=200.0)


@frozen(kw_only=True)
class Kit:
    """What all who follow a log share."""

    client: KubeClient
    voice: Speaker
    secrets: PodSecrets
    bytes: Allowance
    lines: Allowance = field(factory=lambda: Allowance(LINES))
    omissions: Omissions
    monotonic: Callable[[], float] = time.monotonic
    _told: set[str] = field(factory=set, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def allows(self, stack_id: str, pod_uid: str, container: str, size: int) -> bool:
        """Tell whether a line may be told; one that may not is counted.

        Args:
            stack_id: whose it is.
            pod_uid: whose allowance of bytes it uses.
            container: whose allowance of lines it uses.
            size: its bytes, or about as many.
        """
        now = self.monotonic()
        if self.lines.take(f"{pod_uid}/{container}", 1.0, now) and self.bytes.take(pod_uid, size + 1.0, now):
            return True
        self.omissions.note(stack_id, datetime.now(UTC))
        return False

    def warn_once(self, what: str, **more: str) -> None:
        """Write a warning into the log that nobody needs twice."""
        with self._lock:
            if what in self._told:
                return
            self._told.add(what)
        _log.warning(what, **more)
