"""An in-memory Kubernetes API server with honest server-side apply."""

from brokkr_core.testing.cluster.clock import ManualClock
from brokkr_core.testing.cluster.cluster import Cluster
from brokkr_core.testing.cluster.embedded import EmbeddedCluster
from brokkr_core.testing.cluster.requests import LoggedRequest, RequestLog
from brokkr_core.testing.cluster.settings import Settings
from brokkr_core.testing.cluster.transport import EmbeddedTransport

__all__ = [
    "Cluster",
    "EmbeddedCluster",
    "EmbeddedTransport",
    "LoggedRequest",
    "ManualClock",
    "RequestLog",
    "Settings",
]
