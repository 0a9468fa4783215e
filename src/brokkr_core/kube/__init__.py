"""Talk to an API server: the only room that knows the ``kubernetes`` package and urllib3."""

from brokkr_core.kube.client import Applied, KubeClient, Page
from brokkr_core.kube.connect import connect
from brokkr_core.kube.discovery import Discovery, Resource
from brokkr_core.kube.lease import Lease
from brokkr_core.kube.log import LogLine, LogStream
from brokkr_core.kube.transport import Stream, Transport
from brokkr_core.kube.watch import Change, Watch, WatchEvent

__all__ = [
    "Applied",
    "Change",
    "Discovery",
    "KubeClient",
    "Lease",
    "LogLine",
    "LogStream",
    "Page",
    "Resource",
    "Stream",
    "Transport",
    "Watch",
    "WatchEvent",
    "connect",
]
