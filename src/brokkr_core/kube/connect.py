"""From a kubeconfig or the pod's own credentials to a client, in one call."""

from __future__ import annotations

import time
from collections.abc import Callable

from brokkr_core.kube.client import KubeClient
from brokkr_core.kube.transport import Transport


def connect(
    kubeconfig: str | None = None,
    *,
    context: str | None = None,
    only: str = "",
    workers: int = 8,
    sleep: Callable[[float], bool | None] = time.sleep,
    through: Callable[[Transport], Transport] = lambda transport: transport,
    on_credentials: Callable[[str], None] | None = None,
) -> KubeClient:
    """Make a client for the cluster that a kubeconfig names, or for the one this pod runs in.

    Args:
        kubeconfig: path; None tries in-cluster credentials, then ``KUBECONFIG`` and ``~/.kube/config``.
        context: context of the kubeconfig; None takes its current one.
        only: the one namespace to which the client is confined, and which it then has; empty for the whole cluster.
        workers: threads that will use the client at once; sizes the connection pool.
        sleep: waits before a request is sent again; a true result means that a stop was asked for.
        through: puts a transport of your own around the one that is made, to count or to change what is sent.
        on_credentials: hears the credentials of every request before it is sent, for whoever keeps them out of a log.

    Returns:
        The client; use it as a context manager or close it. Nothing was sent yet.

    Raises:
        UsageError: there is no usable configuration.
    """
    from brokkr_core.kube.access import Access, load_access  # noqa: PLC0415 - urllib3 only for who talks to a cluster
    from brokkr_core.kube.urllib3_transport import Urllib3Transport  # noqa: PLC0415

    def load() -> Access:
        access = load_access(kubeconfig, context=context, pool_size=workers * 2)
        return access if on_credentials is None else access.overheard(on_credentials)

    access = load()
    transport = through(Urllib3Transport(load, first=access))
    return KubeClient(transport, host=access.host, namespace=only or access.namespace, only=only, sleep=sleep)
