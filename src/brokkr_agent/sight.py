"""What this agent sees of its cluster: asked for at a steady pace by one worker, and kept for whoever wants to know."""

from __future__ import annotations

import threading

import structlog

from brokkr_core.errors import ApiError, NetworkError
from brokkr_core.kube import KubeClient
from brokkr_core.model.broker import HeartbeatReport

_log = structlog.get_logger("agent")

#: How long the first heartbeat waits for the first look: a cluster that is well answers sooner.
FIRST_LOOK_SECONDS = 2.0


class Sight:
    """Looks at the cluster; neither a heartbeat nor a probe has to wait for it, or can make it look more often.

    Args:
        client: the cluster.
    """

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._looked = threading.Event()
        self._report = HeartbeatReport(k8s_reachable=False)

    def look(self) -> None:
        """Ask the cluster whether it is there."""
        try:
            seconds = self._client.ping()
        except (NetworkError, ApiError) as error:
            self._report = HeartbeatReport(k8s_reachable=False)
            _log.warning("cluster does not answer", error=str(error))
        else:
            self._report = HeartbeatReport(k8s_reachable=True, k8s_api_latency_ms=int(seconds * 1000))
        self._looked.set()

    def report(self) -> HeartbeatReport:
        """Return what the last look saw; nothing but the first one is waited for, and not for long."""
        self._looked.wait(FIRST_LOOK_SECONDS)
        return self._report
