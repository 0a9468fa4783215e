"""Which cluster, with which credentials: the one place that asks the ``kubernetes`` package.

Importing that package costs 160 ms and 30 MiB, so it is imported only when a cluster is really wanted. Importing a
part of it costs the same: its ``__init__`` imports every part, and they import requests, oauthlib and pydantic.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from brokkr_core.errors import ClusterUnreachableError, UsageError, cut

if TYPE_CHECKING:
    import urllib3

#: Where Kubernetes puts a pod's own namespace.
POD_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@frozen(kw_only=True)
class Access:
    """A way into one cluster: its address, a connection pool, and whoever makes the credentials."""

    host: str
    namespace: str  #: of the kubeconfig's context or of the pod; ``default`` when neither says
    pool: urllib3.PoolManager = field(repr=False)
    auth_headers: Callable[[], dict[str, str]] = field(repr=False)  #: may run an exec plugin


def load_access(kubeconfig: str | None = None, *, context: str | None = None, pool_size: int = 32) -> Access:
    """Find a cluster the way kubectl does: a kubeconfig, else the pod's own service account.

    Args:
        kubeconfig: path of a kubeconfig; None tries in-cluster credentials first, then ``KUBECONFIG`` and
            ``~/.kube/config``.
        context: context of the kubeconfig; None takes its current one.
        pool_size: connections to keep; one per worker thread is right.

    Returns:
        The access. Nothing was sent to the cluster yet.

    Raises:
        UsageError: there is no usable configuration.
    """
    from kubernetes import client, config  # noqa: PLC0415 - dear to import, see above

    configuration: Any = client.Configuration()
    configuration.connection_pool_maxsize = pool_size
    configuration.keep_alive = True
    namespace = "default"
    try:
        if kubeconfig is None and POD_NAMESPACE_FILE.exists():
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            namespace = POD_NAMESPACE_FILE.read_text().strip() or namespace
        else:
            config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=kubeconfig,
                context=context,
                client_configuration=configuration,
                persist_config=False,
            )
            namespace = _context_namespace(kubeconfig, context) or namespace
    except (config.ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        where = kubeconfig or "in-cluster credentials or the default kubeconfig"
        raise UsageError(f"no way into a cluster from {where}: {cut(str(error))}; set a kubeconfig") from error
    api: Any = client.ApiClient(configuration)
    return Access(
        host=str(configuration.host).rstrip("/"),
        namespace=namespace,
        pool=api.rest_client.pool_manager,
        auth_headers=lambda: _auth_headers(configuration),
    )


def _context_namespace(kubeconfig: str | None, context: str | None) -> str:
    from kubernetes import config  # noqa: PLC0415

    contexts: Any = config.list_kube_config_contexts(config_file=kubeconfig)  # type: ignore[no-untyped-call]
    everything, active = contexts
    chosen = next((entry for entry in everything if entry["name"] == context), active) if context else active
    return str(chosen["context"].get("namespace") or "")


def _auth_headers(configuration: Any) -> dict[str, str]:
    from kubernetes import config  # noqa: PLC0415

    try:
        settings: Any = configuration.auth_settings().values()
    except (config.ConfigException, OSError, ValueError) as error:
        raise ClusterUnreachableError(
            f"no credentials for the cluster at {configuration.host}: {cut(str(error))}; "
            "check the token file or the plugin that makes them",
            sent=False,
        ) from error
    return {str(entry["key"]).lower(): str(entry["value"]) for entry in settings if entry.get("value")}
