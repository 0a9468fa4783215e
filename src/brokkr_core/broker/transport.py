"""Carries requests to the broker over HTTP: the only module that knows which HTTP library is used."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Protocol
from urllib.parse import quote, urlencode

import httpx
from attrs import frozen

from brokkr_core.broker.address import root_address
from brokkr_core.broker.lender import BusyError, ClosedError, Lender
from brokkr_core.broker.tls import TlsFiles, client_context
from brokkr_core.errors import BrokerUnreachableError, ConfigError, NotABrokerError, UsageError, cut
from brokkr_core.model.http import Request, Response

MEBIBYTE = 1024 * 1024

#: Failures before the first byte of the request was written: it certainly was not carried out.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

#: Failures of our own making; their text may quote a header, so it is never repeated.
_OURS = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL)

_PLAIN_WORDS: dict[type[Exception], str] = {
    httpx.ConnectError: "no connection",
    httpx.ConnectTimeout: "no connection in time",
    httpx.ProxyError: "the proxy refused",
    httpx.ReadTimeout: "no answer in time",
    httpx.WriteTimeout: "the request could not be sent in time",
    httpx.DecodingError: "the compressed answer is damaged",
}


class BrokerTransport(Protocol):
    """Carries one request to one broker. Safe to call from several threads at once."""

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send a request once and read the answer to its end.

        Args:
            request: path below the root, query, headers (credentials included) and body.
            timeout_seconds: how long connecting, sending, and each wait for more of the answer may take.

        Returns:
            The answer, whatever its status; redirects are answers.

        Raises:
            BrokerUnreachableError: no whole answer came; ``sent`` tells whether the request may have been
                carried out.
            NotABrokerError: the answer is larger than this side takes.
        """

    def close(self) -> None:
        """Give back the connections."""


@frozen(kw_only=True)
class TransportLimits:
    """How much of everything one transport uses.

    Args:
        connections: connections open at once, busy and idle.
        idle_connections: connections kept for the next request.
        idle_seconds: how long an idle connection is kept; below the 60 to 75 s after which the usual
            ingresses and load balancers close it, so that a request rarely meets a closing connection.
        connect_seconds: how long connecting (TLS included) may take, whatever the call allows.
        answer_seconds: how long the body of one answer may take in all, against an endless trickle.
        answer_bytes: how large an answer may be, decompressed.
    """

    connections: int = 16
    idle_connections: int = 8
    idle_seconds: float = 30.0
    connect_seconds: float = 10.0
    answer_seconds: float = 300.0
    answer_bytes: int = 64 * MEBIBYTE


class HttpxTransport:
    """A bounded number of connections to one broker.

    No redirect is followed (the PAK would travel along), no cookie is kept, certificates are always verified.

    Each connection has a client of its own, because the library's pool is not safe to share: a thread may close
    an idle connection in the moment another one takes it, which then looks as if the request had been sent and
    the answer lost (encode/httpcore issue 1110; 2 of 3600 requests of 12 threads on 4 connections).

    Args:
        base_url: root of the broker; a trailing slash or a path prefix is fine.
        tls: certificates to trust and to show.
        limits: how much of everything to use.
        user_agent: how to introduce this side.
        use_environment: whether ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` count.

    Raises:
        ConfigError: the URL or a certificate file is unusable.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tls: TlsFiles | None = None,
        limits: TransportLimits | None = None,
        user_agent: str = "",
        use_environment: bool = True,
    ) -> None:
        self.base_url = _checked(root_address(base_url))
        self._limits = limits or TransportLimits()
        self._context = client_context(tls or TlsFiles())
        self._user_agent = user_agent or f"brokkr-python/{version('brokkr')}"
        self._use_environment = use_environment
        self._clients = Lender(
            self._new_client,
            most=self._limits.connections,
            keep=self._limits.idle_connections,
            idle_seconds=self._limits.idle_seconds,
        )
        self._new_client().close()  # so that an unusable setting is told now, not at the first request

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send a request once and read the answer to its end; see :class:`BrokerTransport`."""
        try:
            with self._clients.lend(timeout_seconds) as client:
                return self._exchange(client, request, timeout_seconds)
        except BusyError:
            busy = "all connections of this client are busy; ask less at once or raise TransportLimits.connections"
            raise BrokerUnreachableError(f"{self._place(request)}: {busy}", sent=False) from None
        except ClosedError:
            raise UsageError(f"{request.endpoint}: the transport was closed; make a new one") from None

    def close(self) -> None:
        """Close every connection, those in use as soon as their answer is read."""
        self._clients.close()

    def _new_client(self) -> httpx.Client:
        try:
            return httpx.Client(
                verify=self._context,
                headers={"user-agent": self._user_agent},
                limits=httpx.Limits(max_connections=1, keepalive_expiry=self._limits.idle_seconds),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                follow_redirects=False,
                trust_env=self._use_environment,
            )
        except (ValueError, ImportError) as error:
            problem = f"unusable ({type(error).__name__}); check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY"
            raise ConfigError([f"proxy environment: {problem}"]) from None

    def _exchange(self, client: httpx.Client, request: Request, timeout_seconds: float) -> Response:
        timeout = httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, self._limits.connect_seconds))
        with (
            self._translated(request),
            client.stream(
                request.method,
                self._url(request),
                headers=dict(request.headers),
                content=request.body or None,
                timeout=timeout,
            ) as answer,
        ):
            body = self._read(answer, request)
            return Response(status=answer.status_code, headers=dict(answer.headers), body=body)

    def _url(self, request: Request) -> str:
        query = urlencode(request.query, quote_via=quote)
        return f"{self.base_url}{request.path}" + (f"?{query}" if query else "")

    def _read(self, answer: httpx.Response, request: Request) -> bytes:
        end = time.monotonic() + self._limits.answer_seconds
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > self._limits.answer_bytes:
                raise NotABrokerError(
                    status=answer.status_code,
                    endpoint=request.endpoint,
                    detail=f"the answer is larger than {self._limits.answer_bytes} bytes; "
                    "raise TransportLimits.answer_bytes if the broker really has that much to say",
                )
            if time.monotonic() > end:
                seconds = self._limits.answer_seconds
                raise BrokerUnreachableError(f"{self._place(request)}: the answer took more than {seconds:g} s")
        return bytes(body)

    def _place(self, request: Request) -> str:
        return f"{request.endpoint} at {self.base_url}"

    @contextmanager
    def _translated(self, request: Request) -> Iterator[None]:
        """Turn the library's exceptions into ours."""
        try:
            yield
        except _OURS as error:
            # Neither its text nor the chain: both may quote the Authorization header.
            raise UsageError(f"{request.endpoint}: no valid HTTP request ({type(error).__name__})") from None
        except httpx.HTTPError as error:
            words = _PLAIN_WORDS.get(type(error), "the connection broke")
            message = f"{self._place(request)}: {words} ({cut(str(error)) or type(error).__name__})"
            raise BrokerUnreachableError(message, sent=not isinstance(error, _UNSENT)) from error


def _checked(root: str) -> str:
    """Let the library have a look at the URL, too: it knows more about host names."""
    try:
        httpx.URL(root)
    except httpx.InvalidURL as error:
        raise ConfigError([f"broker URL: cannot be read ({cut(str(error))})"]) from None
    return root
