"""An in-memory Kubernetes API server with honest server-side apply."""

from brokkr_core.testing.cluster.clock import ManualClock
from brokkr_core.testing.cluster.cluster import Cluster
from brokkr_core.testing.cluster.embedded import EmbeddedCluster
from brokkr_core.testing.cluster.faults import (
    Delay,
    Die,
    DropWatch,
    FaultPlan,
    FaultRule,
    Moment,
    Refuse,
    Reset,
    StaleDiscovery,
    Truncate,
)
from brokkr_core.testing.cluster.hooks import Denied, MutatingHook, Review, ValidatingHook
from brokkr_core.testing.cluster.logs.script import restart_container, write_log
from brokkr_core.testing.cluster.rbac import Grant, Rbac, User
from brokkr_core.testing.cluster.requests import LoggedRequest, RequestLog
from brokkr_core.testing.cluster.settings import Settings
from brokkr_core.testing.cluster.stuck import hold, let_go
from brokkr_core.testing.cluster.transport import EmbeddedTransport

__all__ = [
    "Cluster",
    "Delay",
    "Denied",
    "Die",
    "DropWatch",
    "EmbeddedCluster",
    "EmbeddedTransport",
    "FaultPlan",
    "FaultRule",
    "Grant",
    "LoggedRequest",
    "ManualClock",
    "Moment",
    "MutatingHook",
    "Rbac",
    "Refuse",
    "RequestLog",
    "Reset",
    "Review",
    "Settings",
    "StaleDiscovery",
    "Truncate",
    "User",
    "ValidatingHook",
    "hold",
    "let_go",
    "restart_container",
    "write_log",
]
