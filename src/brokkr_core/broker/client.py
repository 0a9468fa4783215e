"""The door to the broker: one object with every call, credentials and patience included."""

from __future__ import annotations

import random as dice
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from attrs import evolve

from brokkr_core.broker.address import API
from brokkr_core.broker.answer import refusal
from brokkr_core.broker.credentials import CredentialSource, CurrentPak, LiteralPak, Pak
from brokkr_core.broker.credentials.check import owner_of, with_pak
from brokkr_core.broker.endpoints.administration import Administration
from brokkr_core.broker.endpoints.agents import Agents
from brokkr_core.broker.endpoints.auth import Auth
from brokkr_core.broker.endpoints.deployment_objects import DeploymentObjects
from brokkr_core.broker.endpoints.diagnostics import Diagnostics
from brokkr_core.broker.endpoints.fleet import Fleet
from brokkr_core.broker.endpoints.generators import Generators
from brokkr_core.broker.endpoints.health import Health
from brokkr_core.broker.endpoints.stacks import Stacks
from brokkr_core.broker.endpoints.templates import Templates
from brokkr_core.broker.endpoints.webhooks import Webhooks
from brokkr_core.broker.endpoints.work_orders import WorkOrders
from brokkr_core.broker.limits import TransportLimits
from brokkr_core.broker.patience import Patience, PatiencePolicy
from brokkr_core.broker.tls import TlsFiles
from brokkr_core.broker.transport import BrokerTransport, HttpxTransport
from brokkr_core.errors import BrokerError, BrokerUnreachableError, StoppedError
from brokkr_core.model.http import Request, Response
from brokkr_core.retry import Clock, Repeat, RetryPolicy, SystemClock

#: The shortest pause between two readiness probes, whatever the retry policy says.
READY_PAUSE_SECONDS = 0.25


class BrokerClient:
    """Everything one can ask a broker; safe to use from several threads at once.

    Calls are grouped: ``auth``, ``agents``, ``generators``, ``stacks``, ``deployment_objects``, ``health``,
    ``templates``, ``work_orders``, ``diagnostics``, ``webhooks``, ``fleet``, ``administration``.
    Every call raises BrokerError when the broker says no, BrokerUnreachableError when it says nothing,
    NotABrokerError or DecodeError when it says something else than agreed, StoppedError after a stop.
    ``patience`` tells what was learnt about the line: the circuit and the pace of every class of traffic.

    Args:
        transport: carries the requests; closed with the client.
        credentials: where the PAK comes from; asked at the first call, every few seconds after that, and after
            a 401. Another PAK is used as soon as the broker has taken it, and not before.
        retry: how often and how patiently to repeat what may be repeated.
        patience: how to treat the broker in all; its ``retry`` gives way to the one above.
        timeout_seconds: how long connecting, sending and each wait for an answer may take, for each try.
        clock: where the time comes from.
        sleep: waits so many seconds; a true result means that a stop was asked for, so hand in
            ``Event.wait`` to make waits end early.
        random: gives numbers from 0 to 1 for the jitter.
    """

    def __init__(
        self,
        transport: BrokerTransport,
        credentials: CredentialSource,
        *,
        retry: RetryPolicy | None = None,
        patience: PatiencePolicy | None = None,
        timeout_seconds: float = 30.0,
        clock: Clock | None = None,
        sleep: Callable[[float], bool | None] = time.sleep,
        random: Callable[[], float] = dice.random,
    ) -> None:
        self._transport = transport
        policy = patience or PatiencePolicy()
        self._retry = retry or policy.retry
        self._timeout = timeout_seconds
        self._clock = clock or SystemClock()
        self._pak = CurrentPak(credentials, self._knows, clock=self._clock.monotonic)
        self._sleep = sleep
        self._random = random
        self.patience = Patience(evolve(policy, retry=self._retry), clock=self._clock, sleep=sleep, random=random)
        self.auth = Auth(self)
        self.agents = Agents(self)
        self.generators = Generators(self)
        self.stacks = Stacks(self)
        self.deployment_objects = DeploymentObjects(self)
        self.health = Health(self)
        self.templates = Templates(self)
        self.work_orders = WorkOrders(self)
        self.diagnostics = Diagnostics(self)
        self.webhooks = Webhooks(self)
        self.fleet = Fleet(self)
        self.administration = Administration(self)

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        pak: str | CredentialSource,
        ca_file: str | None = None,
        certificate_file: str | None = None,
        key_file: str | None = None,
        limits: TransportLimits | None = None,
        retry: RetryPolicy | None = None,
        patience: PatiencePolicy | None = None,
        timeout_seconds: float = 30.0,
        sleep: Callable[[float], bool | None] = time.sleep,
    ) -> BrokerClient:
        """Make a client from a URL and a PAK; nothing is sent yet.

        Args:
            url: the ROOT of the broker; a trailing slash or a path prefix is fine.
            pak: the PAK itself, or where it comes from.
            ca_file: PEM file of the only authorities to trust, instead of the system's.
            certificate_file: PEM file of the certificate to show to a proxy that asks for one.
            key_file: PEM file of its private key.
            limits: how many connections to keep and how large an answer may be.
            retry: how often and how patiently to repeat what may be repeated.
            patience: as in the class.
            timeout_seconds: how long each try may wait.
            sleep: as in the class.

        Returns:
            The client; use it as a context manager or close it.

        Raises:
            ConfigError: the URL, the PAK or a file is unusable.
        """
        source = LiteralPak(value=Pak(text=pak)) if isinstance(pak, str) else pak
        tls = TlsFiles(ca_file=ca_file, certificate_file=certificate_file, key_file=key_file)
        transport = HttpxTransport(url, tls=tls, limits=limits)
        return cls(transport, source, retry=retry, patience=patience, timeout_seconds=timeout_seconds, sleep=sleep)

    def call(self, request: Request, *, repeat: Repeat) -> Response:
        """Send any request with credentials and retries: the way for calls this client does not name.

        Args:
            request: method, path from the root (``/api/v1/...``), query and body; no credentials.
            repeat: whether it may be sent again.

        Returns:
            The answer, always with a 2xx status.

        Raises:
            BrokerError: the broker answered no; BrokerAuthError for 401 and 403.
            BrokerUnreachableError: there is no answer; HeldBackError when it was not even asked.
            StoppedError: a stop was asked for while waiting for the next try.
        """
        response = self.patience.carry(request, lambda: self._try(request), repeat=repeat)
        if not 200 <= response.status < 300:
            raise refusal(response, endpoint=request.endpoint)
        return response

    def wait_ready(self, *, deadline_seconds: float = 60.0) -> None:
        """Wait until the broker and its database are ready.

        Any trouble is waited out, a wrong page included: while a broker starts, whatever stands in front of
        it may answer anything.

        Args:
            deadline_seconds: no probe starts later than this after the first one.

        Raises:
            BrokerUnreachableError: the broker was not there, or not ready, until the deadline.
            BrokerError: something else answered until the deadline; NotABrokerError for a wrong page.
            StoppedError: a stop was asked for.
        """
        end = self._clock.monotonic() + deadline_seconds
        patience = evolve(self._retry, cap_seconds=min(self._retry.cap_seconds, 5.0))
        attempt = 1
        while (trouble := self._trouble()) is not None:
            wait = max(READY_PAUSE_SECONDS, patience.delay(attempt, None, self._random()))
            if self._clock.monotonic() + wait > end:
                raise trouble
            if self._sleep(wait):
                raise StoppedError("a stop was asked for while waiting for the broker to be ready")
            attempt += 1
        self.patience.revive()

    @property
    def trouble(self) -> str:
        """Why the PAK that the source has now is not in use; empty when it is. It never shows a PAK."""
        return self._pak.trouble

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _trouble(self) -> BrokerError | BrokerUnreachableError | None:
        try:
            ready = self.health.ready()
        except (BrokerError, BrokerUnreachableError) as error:
            return error
        return None if ready else BrokerUnreachableError("the broker is up but not ready: 503 from /readyz")

    def _try(self, request: Request) -> Response:
        """Send once; when the PAK is refused and there is a newer one by now, once more with that."""
        if not request.path.startswith(f"{API}/"):
            return self._transport.send(request, timeout_seconds=self._timeout)
        lent = self._pak.get()
        response = self._send_as(lent.pak, request)
        if response.status != 401:
            return response
        # A 401 is given before the call is looked at, so that any call may be sent again.
        newer = self._pak.renewed(lent)
        return response if newer is None else self._send_as(newer, request)

    def _send_as(self, pak: Pak, request: Request) -> Response:
        return self._transport.send(with_pak(request, pak), timeout_seconds=self._timeout)

    def _knows(self, pak: Pak) -> bool:
        return owner_of(pak, self._transport, timeout_seconds=self._timeout) is not None
