"""The transport of real life: an ``Access`` and its urllib3 pool."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from brokkr_core.errors import ClusterUnreachableError, cut
from brokkr_core.kube.access import Access
from brokkr_core.kube.urllib3_stream import Urllib3Stream
from brokkr_core.model.http import Request, Response

#: How long an Authorization header is used before the credentials are asked again. An exec plugin has no lock of
#: its own: without this memo eight threads at expiry run it eight times.
AUTH_MEMO_SECONDS = 10.0

#: Errors after which the request certainly did not reach the server.
_NEVER_SENT = (NewConnectionError, ConnectTimeoutError, ProxyError)

#: How urllib3 names a connection or a pool in front of what happened to it.
_OBJECT = re.compile(r"^(<.*?>|\w+\(.*?\)): ")


class Urllib3Transport:
    """Send requests over urllib3, with credentials that are refreshed once for all threads.

    Args:
        load: makes the access; called again after a 401, which re-reads token files, certificates and plugins.
        first: the access to begin with; None loads it now.
        user_agent: how we introduce ourselves; the server names Update managers after its first part.
    """

    def __init__(
        self, load: Callable[[], Access], *, first: Access | None = None, user_agent: str = "brokkr/0.1"
    ) -> None:
        self._load = load
        self._user_agent = user_agent
        self._lock = threading.Lock()
        self._access = first or load()
        self._memo: tuple[float, dict[str, str]] | None = None

    @property
    def host(self) -> str:
        """The API server's address."""
        return self._access.host

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send once; after a 401 renew the credentials and send once more (see ``Transport.send``)."""
        answer = self._open(request, timeout_seconds, whole=True)
        return Response(status=answer.status, headers=dict(answer.headers), body=answer.data)

    def stream(self, request: Request, *, timeout_seconds: float) -> Urllib3Stream:
        """Send as ``send`` does, and hand out the answer while it comes (see ``Transport.stream``)."""
        answer = self._open(request, timeout_seconds, whole=False)
        host = self._access.host
        return Urllib3Stream(answer, lambda error: _unreachable(host, request, error))

    def close(self) -> None:
        """Close the pooled connections."""
        self._access.pool.clear()

    def _credentials(self) -> tuple[Access, dict[str, str]]:
        with self._lock:
            if self._memo is None or time.monotonic() - self._memo[0] > AUTH_MEMO_SECONDS:
                self._memo = (time.monotonic(), self._access.auth_headers())
            return self._access, self._memo[1]

    def _renew(self, refused: dict[str, str]) -> tuple[Access, dict[str, str]]:
        """Load everything anew, unless another thread has done so since ``refused`` was handed out."""
        with self._lock:
            if self._memo is None or self._memo[1] == refused:
                self._access = self._load()
                self._memo = (time.monotonic(), self._access.auth_headers())
            return self._access, self._memo[1]

    def _open(self, request: Request, timeout_seconds: float, *, whole: bool) -> urllib3.BaseHTTPResponse:
        access, auth = self._credentials()
        answer = self._ask(access, auth, request, timeout_seconds, whole=whole)
        if answer.status != 401:
            return answer
        access, renewed = self._renew(auth)
        if renewed == auth and auth:
            return answer
        answer.close()
        return self._ask(access, renewed, request, timeout_seconds, whole=whole)  # without headers: a new certificate

    def _ask(
        self, access: Access, auth: dict[str, str], request: Request, timeout_seconds: float, *, whole: bool
    ) -> urllib3.BaseHTTPResponse:
        url = access.host + quote(request.path, safe="/:@!$&'()*+,;=~%")
        if request.query:
            url += "?" + urlencode(request.query)
        headers = {"user-agent": self._user_agent, "accept": "application/json", **request.headers, **auth}
        try:
            return access.pool.request(
                request.method,
                url,
                body=request.body or None,
                headers=headers,
                timeout=urllib3.Timeout(connect=min(timeout_seconds, 5.0), read=timeout_seconds),
                retries=False,
                redirect=False,
                preload_content=whole,
            )
        except HTTPError as error:
            raise _unreachable(access.host, request, error) from error


def _unreachable(host: str, request: Request, error: Exception) -> ClusterUnreachableError:
    advice = "check that the API server is up and that the kubeconfig points to it"
    if _untrusted(error):
        advice = "check certificate-authority and tls-server-name of the kubeconfig"
    return ClusterUnreachableError(
        f"cannot reach the cluster at {host} for {request.endpoint}: {cut(_plain(error), 200)}; {advice}",
        sent=not _never_sent(error),
    )


def _never_sent(error: Exception) -> bool:
    """Whether the request certainly did not leave; TLS can also break after it did, but not over the certificate."""
    return _untrusted(error) or isinstance(error, _NEVER_SENT)


def _untrusted(error: Exception) -> bool:
    """Whether it is the server's certificate that was not accepted."""
    cause = error.args[0] if isinstance(error, SSLError) and error.args else None
    return isinstance(cause, ssl.SSLCertVerificationError)


def _plain(error: BaseException) -> str:
    """Say what happened without the reprs of connections and pools that urllib3 puts into its messages."""
    inner = next((arg for arg in error.args if isinstance(arg, Exception)), None)
    said = next((arg for arg in error.args if isinstance(arg, str)), "")
    if inner is None or not said:
        return _plain(inner) if inner is not None else _bare(said or str(error))
    more = _plain(inner)
    return _bare(said) if more in said else f"{_bare(said).rstrip('.')}: {more}"


def _bare(text: str) -> str:
    return " ".join(_OBJECT.sub("", text).split())
