"""A cluster to use in tests: the core, a lock around it, its time, and if wanted a real HTTP server."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.clock import START, ManualClock, dated
from brokkr_core.testing.cluster.cluster import Cluster
from brokkr_core.testing.cluster.fate import UNHARMED, Fate
from brokkr_core.testing.cluster.faults import FaultPlan
from brokkr_core.testing.cluster.hooks import Hook
from brokkr_core.testing.cluster.kubeconfig import kubeconfig
from brokkr_core.testing.cluster.line import Line
from brokkr_core.testing.cluster.listener import Listener
from brokkr_core.testing.cluster.rbac import Rbac
from brokkr_core.testing.cluster.requests import RequestLog
from brokkr_core.testing.cluster.settings import Settings
from brokkr_core.testing.cluster.stream import OpenStream
from brokkr_core.testing.cluster.transport import EmbeddedTransport


class EmbeddedCluster:
    """A cluster that several threads may use. A context manager.

    In process its time stands still until ``advance`` is called; while it is served, its time follows the wall clock.

    Args:
        settings: how the cluster behaves.
        start: what its clock shows at first.
        faults: what goes wrong between it and its clients.
        rbac: who may do what; None lets everybody do everything.
        hooks: admission webhooks, asked in this order.
        tls: serve https with this context.
        ca: the certificate authority of ``tls`` as PEM, for the kubeconfig.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        start: datetime = START,
        faults: FaultPlan | None = None,
        rbac: Rbac | None = None,
        hooks: Iterable[Hook] = (),
        tls: ssl.SSLContext | None = None,
        ca: bytes = b"",
    ) -> None:
        self._clock = ManualClock(start)
        self.cluster = Cluster(settings=settings, clock=self._clock, rbac=rbac, hooks=hooks)
        self.requests = RequestLog()
        self._lock = threading.RLock()
        self._wakers: list[Callable[[], None]] = []
        self._rbac = rbac
        self._ca = ca
        self._listener = Listener(self, self.advance, tls)
        self._line = Line(faults or FaultPlan(), self._listener.die)

    @property
    def url(self) -> str:
        """The root URL of the served cluster, without a trailing slash.

        Raises:
            RuntimeError: it is not served.
        """
        return self._listener.url

    def transport(self, *, user_agent: str = "brokkr-testing", user: str = "") -> EmbeddedTransport:
        """Return a transport that calls the cluster in this process.

        Args:
            user_agent: names the manager of writes that name none.
            user: whose token it sends, where there is RBAC; empty means the first user's.

        Raises:
            LookupError: there is no such user.
        """
        return EmbeddedTransport(self, user_agent=user_agent, token=self._token_of(user))

    def serve(self, port: int = 0) -> str:
        """Serve over HTTP on loopback, and let time follow the wall clock from now on.

        Args:
            port: where to listen; 0 picks a free port.

        Returns:
            The root URL.
        """
        self._listener.start(port)
        return self.url

    def kubeconfig(self, *, user: str = "") -> JsonObject:
        """Return a kubeconfig for the served cluster.

        Args:
            user: whose token it carries, where there is RBAC; empty means the first user's.

        Raises:
            LookupError: there is no such user.
        """
        return kubeconfig(self.url, token=self._token_of(user), ca_pem=self._ca)

    def write_kubeconfig(self, path: Path, *, user: str = "") -> Path:
        """Write the kubeconfig to a file that only its owner can read, and return its path."""
        content = yaml.safe_dump(self.kubeconfig(user=user), sort_keys=False)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(content)
        return path

    def advance(self, seconds: float) -> None:
        """Move the cluster's time forward, firing what becomes due on the way at its own time.

        Args:
            seconds: how far.
        """
        with self._lock:
            left = seconds
            while (due := self.cluster.next_due()) is not None:
                step = max(0.0, (due - self._clock()).total_seconds())
                if step > left:
                    break
                self._clock.advance(step)
                left -= step
                self.cluster.tick()
            self._clock.advance(left)
        self._wake()

    def tick(self) -> None:
        """Let due timers fire without moving time."""
        self.advance(0.0)

    def break_with(self, faults: FaultPlan) -> None:
        """Let other things go wrong from now on, counted from one; an empty plan lets everything through."""
        with self._lock:
            self._line.follow(faults)

    @property
    def alive(self) -> bool:
        """Whether its fault plan has not let it die."""
        return self._line.alive

    def revive(self) -> None:
        """Let a dead cluster answer again, on the port it had; what it had stored is still there."""
        self._line.alive = True
        self._listener.revive()

    def wait_until_dead(self) -> None:
        """Wait until a dead cluster refuses connections: its server cannot wait for itself when it dies."""
        self._listener.wait_until_dead()

    def close(self) -> None:
        """Stop serving."""
        self._listener.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def administer(self, request: Request) -> Response:
        """Answer a request that no fault befalls, nobody forbids and no log shows: for what a test sets up."""
        with self._lock:
            response = self.cluster.handle(request, trusted=True)
        self._wake()
        return response

    def fate_of(self, request: Request) -> Fate:
        """Return what the fault plan has in store for a request; every call counts as one.

        Raises:
            ConnectionLost: the cluster is dead.
        """
        with self._lock:
            return self._line.fate_of(request)

    def handle(self, request: Request, fate: Fate = UNHARMED) -> Response:
        """Answer a request.

        Args:
            request: what is asked.
            fate: what goes wrong with it.

        Raises:
            ConnectionLost: the fate wants it so, or the cluster is dead.
        """
        try:
            with self._lock, self.requests.noting(request) as noted:
                lag = fate.discovery_lag_seconds
                response = self._line.before(fate) or self.cluster.handle(request, discovery_lag_seconds=lag)
                response = self._line.after(fate, dated(response, self._clock()))
                noted.status = response.status
        finally:
            self._wake()
        return response

    def open_stream(self, request: Request, fate: Fate = UNHARMED) -> OpenStream | Response:
        """Open a watch (see ``handle``)."""
        with self._lock, self.requests.noting(request) as noted:
            watch = self._line.before(fate) or self.cluster.open_stream(request)
            if not isinstance(watch, Response):
                self._line.opened(fate, watch)
            noted.status = watch.status if isinstance(watch, Response) else 200
        return watch

    def take(self, watch: OpenStream) -> tuple[bytes, bool]:
        """Return the lines of a watch that are ready and whether it has ended.

        Raises:
            ConnectionLost: the watch is dropped, or the cluster is dead.
        """
        with self._lock:
            return self._line.delivered(watch, watch.take()), watch.ended

    def close_stream(self, watch: OpenStream) -> None:
        """Close a watch."""
        with self._lock:
            watch.close()
            self._line.closed(watch)

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call back after every request and every move of time."""
        with self._lock:
            self._wakers.append(wake)

    def unsubscribe(self, wake: Callable[[], None]) -> None:
        """Stop calling back."""
        with self._lock:
            self._wakers.remove(wake)

    def _token_of(self, user: str) -> str:
        return self._rbac.token_of(user) if self._rbac is not None else ""

    def _wake(self) -> None:
        for wake in list(self._wakers):
            wake()
