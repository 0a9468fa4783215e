"""A real cluster for the contract: a test that needs what the cluster does not serve is skipped and says so."""

from __future__ import annotations

import json
import re

import pytest

from brokkr_core.kube.transport import Transport
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import as_list, as_text, dig
from brokkr_core.testing.cluster.kinds import builtin_resources
from cluster_support import Client

_PATH = re.compile(r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>[^/]+)(?:/(?:namespaces/[^/]+/)?(?P<rest>.+))?")

#: What every Kubernetes of today may be asked for; anything else is up to the tests themselves.
_BUILTIN = frozenset(
    (resource.group, resource.version, name)
    for resource in builtin_resources()
    for name in (resource.plural, *(f"{resource.plural}/{sub}" for sub in resource.subresources))
)
_VERSIONS = frozenset((group, version) for group, version, _ in _BUILTIN)


def is_not_served(client: Client, group_version: str) -> bool:
    """Tell whether discovery knows nothing in a group and version; some servers say so with an empty list."""
    reply = client.call("GET", f"/apis/{group_version}")
    return reply.status == 404 or not as_list(reply.get("resources"))


class ServedOnly:
    """Sends what is served, and skips the test that sends anything else; discovery decides, not the server's name.

    Args:
        inner: how to reach the cluster.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._served: dict[tuple[str, str], frozenset[str]] = {}

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send a request about something that is served."""
        match = _PATH.fullmatch(request.path)
        if match is not None and (at := (match["group"] or "", match["version"])) in _VERSIONS:
            self._require(at, match["rest"] or "")
        return self._inner.send(request, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Close what is inside."""
        self._inner.close()

    def _require(self, at: tuple[str, str], rest: str) -> None:
        plural, _, more = rest.partition("/")
        subresource = f"{plural}/{more.partition('/')[2]}"
        served = self._resources(*at)
        for name in (plural, subresource):
            if (*at, name) in _BUILTIN and name not in served:
                pytest.skip(f"the server does not serve {name} in {'/'.join(filter(None, at))}")
        if not served:
            pytest.skip(f"the server does not serve {'/'.join(filter(None, at))}")

    def _resources(self, group: str, version: str) -> frozenset[str]:
        if (group, version) not in self._served:
            path = f"/apis/{group}/{version}" if group else f"/api/{version}"
            answer = self._inner.send(Request(method="GET", path=path), timeout_seconds=10.0)
            listed = as_list(dig(json.loads(answer.body), "resources")) if answer.status == 200 else []
            self._served[group, version] = frozenset(as_text(dig(resource, "name")) for resource in listed)
        return self._served[group, version]
