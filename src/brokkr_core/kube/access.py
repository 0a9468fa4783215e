"""Which cluster, with which credentials.

What is plain is read here; only what is not asks the ``kubernetes`` package, which is dear to import.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from brokkr_core.errors import ClusterUnreachableError, UsageError
from brokkr_core.kube.kubeconfig import choose
from brokkr_core.kube.kubeconfig_files import read_kubeconfigs
from brokkr_core.kube.login import Login, read_file
from brokkr_core.kube.pod import pod_login
from brokkr_core.kube.pool import open_pool
from brokkr_core.kube.tls import Tls

if TYPE_CHECKING:
    import urllib3


@frozen(kw_only=True)
class Access:
    """A way into one cluster: its address, a connection pool, and whoever makes the credentials."""

    host: str
    namespace: str  #: of the kubeconfig's context or of the pod; ``default`` when neither says
    pool: urllib3.PoolManager = field(repr=False)
    auth_headers: Callable[[], dict[str, str]] = field(repr=False)  #: may read files or run an exec plugin

    def overheard(self, hear: Callable[[str], None]) -> Access:
        """Return the same way, with somebody who hears its credentials whenever they are used."""

        def auth_headers() -> dict[str, str]:
            headers = self.auth_headers()
            hear(headers.get("authorization", "").rpartition(" ")[2])
            return headers

        return evolve(self, auth_headers=auth_headers)


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
    login = pod_login(os.environ) if kubeconfig is None else None
    if login is not None:
        return plain_access(login, pool_size=pool_size)
    files = read_kubeconfigs(kubeconfig, os.environ)
    login = choose(files, context=context)
    if not login.unusual:
        return plain_access(login, pool_size=pool_size)
    from brokkr_core.kube.foreign_access import foreign_access  # noqa: PLC0415 - needs this module

    return foreign_access(login, [file.path for file in files], pool_size=pool_size)


def plain_access(login: Login, *, pool_size: int) -> Access:
    """Open the way that a plain login describes.

    Args:
        login: the login; what is unusual in it does not count.
        pool_size: connections to keep.

    Returns:
        The access. Nothing was sent to the cluster yet.

    Raises:
        UsageError: a file it names cannot be read or used.
    """
    tls = Tls(login) if login.server.startswith("https:") else None
    pool = open_pool(login, tls, pool_size=pool_size)
    authorization(login)  # what cannot work is said before anything is sent

    def auth_headers() -> dict[str, str]:
        if tls is not None and tls.renew():
            pool.connection_pool_kw["ssl_context"] = tls.context
            pool.clear()
        try:
            value = authorization(login)
        except UsageError as error:
            raise ClusterUnreachableError(
                f"no credentials for the cluster at {login.server}: {error}", sent=False
            ) from error
        return {"authorization": value} if value else {}

    return Access(host=login.server, namespace=login.namespace, pool=pool, auth_headers=auth_headers)


def authorization(login: Login) -> str:
    """Make the value of the header ``Authorization``.

    Args:
        login: the login; its token file is read now.

    Returns:
        The value; empty when the login has neither token nor password.

    Raises:
        UsageError: the token cannot be read, or no header can carry it.
    """
    token = login.token
    if login.token_file:
        token = read_file(login.token_file, said_by=f"{login.where}: token").decode("latin-1").strip()
        if not token:
            raise UsageError(f"{login.where}: the token file {login.token_file} is empty; write a token into it")
    if token:
        if not (token.isascii() and token.isprintable()):
            raise UsageError(f"{login.where}: the token has characters that no token has; write it anew, on one line")
        return f"Bearer {token}"
    if login.username:
        return "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    return ""
