"""Carries requests to the broker over a bounded number of connections."""

from __future__ import annotations

from typing import Protocol

from brokkr_core.broker.address import root_address
from brokkr_core.broker.certificates import Certificates
from brokkr_core.broker.expiry import Expiry
from brokkr_core.broker.generations import Generations
from brokkr_core.broker.introduction import introduction
from brokkr_core.broker.lender import BusyError, ClosedError, Lender, PoolMetrics
from brokkr_core.broker.limits import TransportLimits
from brokkr_core.broker.line import Line, checked
from brokkr_core.broker.tls import TlsFiles
from brokkr_core.broker.watchdog import Watchdog
from brokkr_core.errors import BrokerUnreachableError, UsageError
from brokkr_core.model.http import Request, Response


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
            NotABrokerError: the answer is larger than this side takes, or packed in a way nobody asked for.
        """

    def close(self) -> None:
        """Give back the connections."""


class HttpxTransport:
    """A bounded number of connections to one broker.

    No redirect is followed (the PAK would travel along), no cookie is kept, certificates are always verified.
    Certificate files are read again when they have changed: new requests take new connections, those under way
    end on theirs.

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
        self.base_url = checked(root_address(base_url))
        self._limits = limits or TransportLimits()
        plain = self.base_url.startswith("http:")
        self._certificates = Certificates(tls or TlsFiles(), look_seconds=self._limits.reload_seconds, plain=plain)
        self._user_agent = user_agent or introduction()
        self._use_environment = use_environment
        self._watchdog = Watchdog()
        self._new_line().close()  # so that an unusable setting is told now, not at the first request
        self._lines = Generations(self._pool())

    @property
    def trouble(self) -> str:
        """Why the certificate files as they are now are not in use; empty when they are."""
        return self._certificates.trouble

    def expiry(self) -> Expiry:
        """Return when the certificate files in use run out."""
        return self._certificates.expiry

    def metrics(self) -> PoolMetrics:
        """Return how the connections stand."""
        return self._lines.metrics()

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send a request once and read the answer to its end; see :class:`BrokerTransport`."""
        if self._certificates.changed():
            self._lines.renew(self._pool)
        try:
            with self._lines.lend(timeout_seconds) as line:
                return line.exchange(request, timeout_seconds)
        except BusyError:
            busy = "all connections of this client are busy; ask less at once or raise TransportLimits.connections"
            raise BrokerUnreachableError(f"{request.endpoint} at {self.base_url}: {busy}", sent=False) from None
        except ClosedError:
            raise UsageError(f"{request.endpoint}: the transport was closed; make a new one") from None

    def close(self) -> None:
        """Close every connection, those in use as soon as their answer is read."""
        self._lines.close()

    def _pool(self) -> Lender[Line]:
        return Lender(
            self._new_line,
            most=self._limits.connections,
            keep=self._limits.idle_connections,
            idle_seconds=self._limits.idle_seconds,
        )

    def _new_line(self) -> Line:
        return Line(
            self.base_url,
            self._certificates.context,
            user_agent=self._user_agent,
            limits=self._limits,
            use_environment=self._use_environment,
            watchdog=self._watchdog,
        )
