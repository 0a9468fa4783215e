"""What a kubeconfig leaves to the ``kubernetes`` package: exec plugins, auth providers, and fields of the future.

Importing that package costs more time and memory than all the rest of an apply; importing a part of it costs the
same, since its ``__init__`` imports every part, and they import requests, oauthlib and pydantic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from brokkr_core.errors import ClusterUnreachableError, UsageError, cut
from brokkr_core.kube.access import Access
from brokkr_core.kube.login import Login


def foreign_access(login: Login, paths: Sequence[str], *, pool_size: int) -> Access:
    """Have the package make the credentials, over its own pool.

    Args:
        login: what was read of the context.
        paths: the kubeconfigs, in order.
        pool_size: connections to keep.

    Returns:
        The access; a plugin may have run.

    Raises:
        UsageError: the package cannot use it.
    """
    from kubernetes import client, config  # noqa: PLC0415 - see above

    configuration: Any = client.Configuration()
    configuration.connection_pool_maxsize = pool_size
    configuration.keep_alive = True
    try:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            config_file=":".join(paths),
            context=login.context,
            client_configuration=configuration,
            persist_config=False,
        )
    except (config.ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{login.where}: {_said(error)}; check {', '.join(login.unusual)} of the user") from None
    api: Any = client.ApiClient(configuration)
    return Access(
        host=str(configuration.host).rstrip("/"),
        namespace=login.namespace,
        pool=api.rest_client.pool_manager,
        auth_headers=lambda: _auth_headers(configuration),
    )


def _auth_headers(configuration: Any) -> dict[str, str]:
    from kubernetes import config  # noqa: PLC0415

    try:
        settings: Any = configuration.auth_settings().values()
    except (config.ConfigException, OSError, ValueError) as error:
        raise ClusterUnreachableError(
            f"no credentials for the cluster at {configuration.host}: {_said(error)}; "
            "check the token file or the plugin that makes them",
            sent=False,
        ) from error
    return {str(entry["key"]).lower(): str(entry["value"]) for entry in settings if entry.get("value")}


def _said(error: Exception) -> str:
    """Return what the package said, without the users it writes out to say where something is missing."""
    return cut(re.sub(r"(?s)\{.*\}", "{...}", str(error)))
