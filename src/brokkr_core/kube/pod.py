"""The way into the cluster that a pod runs in: its service account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from brokkr_core.errors import UsageError
from brokkr_core.kube.login import Login, Pem, read_file

#: Where Kubernetes puts a pod's token, certificate authority and namespace.
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")

HOST, PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"


def pod_login(environment: Mapping[str, str], folder: Path | None = None) -> Login | None:
    """Read what Kubernetes gives to every pod.

    Args:
        environment: environment variables.
        folder: where the service account is; None takes the place where Kubernetes puts it.

    Returns:
        The login; None when this is no pod with a service account.

    Raises:
        UsageError: it is one, but something is missing.
    """
    folder = folder or SERVICE_ACCOUNT
    namespace = folder / "namespace"
    if not namespace.exists():
        return None
    where = f"the pod's service account in {folder}"
    host, port = environment.get(HOST, ""), environment.get(PORT, "")
    if not host or not port:
        raise UsageError(f"{where}: {HOST} and {PORT} do not say where the cluster is; set them, or set a kubeconfig")
    address = f"[{host}]" if ":" in host or "%" in host else host
    return Login(
        where=where,
        server=f"https://{address}:{port}",
        namespace=read_file(str(namespace), said_by=where).decode("utf-8", "replace").strip() or "default",
        authority=Pem(where=f"{where}: ca.crt", file=str(folder / "ca.crt")),
        token_file=str(folder / "token"),
    )
