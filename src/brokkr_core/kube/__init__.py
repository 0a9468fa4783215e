"""Talk to an API server: the only room that knows the ``kubernetes`` package and urllib3."""

from brokkr_core.kube.client import Applied, KubeClient
from brokkr_core.kube.connect import connect
from brokkr_core.kube.discovery import Discovery, Resource
from brokkr_core.kube.transport import Transport

__all__ = ["Applied", "Discovery", "KubeClient", "Resource", "Transport", "connect"]
