"""A Lease: of all who want to work under one name, one does (coordination.k8s.io/v1, as client-go's leader election).

Whoever holds it renews it; whoever wants it takes it when nobody has renewed it for as long as it lasts, measured on
the own clock, so that clocks that differ do no harm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen

from brokkr_core.errors import AlreadyExistsError, NotFoundError, StaleWriteError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject, as_int, as_object, as_text, dig
from brokkr_core.model.ref import ObjectRef

#: Field manager of the Lease.
LEASE_MANAGER = "brokkr-lease"

#: Part of the duration after which a holder that could not renew stops to believe that it holds the Lease.
_TRUST = 2 / 3


@frozen(kw_only=True)
class _Sight:
    """A Lease as it was last seen changed, and when, on the own clock."""

    spec: JsonObject
    at: float


class Lease:
    """One Lease, wanted by one process; safe to use from several threads.

    Args:
        client: the cluster.
        namespace: where the Lease lives.
        name: under which name the work is done.
        holder: who wants it; no two processes may have the same.
        duration_seconds: how long it lasts without being renewed; whole seconds, from 1.
        clock: seconds that never go back.
        now: the time of day, for people who look at it.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        namespace: str,
        name: str,
        holder: str,
        duration_seconds: int = 15,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._ref = ObjectRef(group="coordination.k8s.io", version="v1", kind="Lease", namespace=namespace, name=name)
        self._holder = holder
        self._duration = duration_seconds
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._seen: _Sight | None = None
        self._renewed_at: float | None = None
        self._transitions = 0

    @property
    def held(self) -> bool:
        """Whether this process may work: it holds the Lease, and nobody else can have taken it yet."""
        renewed = self._renewed_at
        return renewed is not None and self._clock() - renewed < self._duration * _TRUST

    @property
    def token(self) -> str:
        """Names this term of this holder: every later term has a greater number."""
        return f"{self._transitions}:{self._holder}"

    @property
    def holder(self) -> str:
        """Who held it when it was last looked at; empty when nobody did."""
        return as_text(self._seen.spec.get("holderIdentity")) if self._seen else ""

    def take(self) -> bool:
        """Take the Lease, or renew it.

        Returns:
            Whether this process holds it now.

        Raises:
            ApiError, NetworkError: the cluster did not answer, or said no; ``held`` tells for how long one may go on.
        """
        with self._lock:
            return self._take_or_lose()

    def renew(self) -> bool:
        """Renew the Lease, but never take it: not from somebody else, and not again after ``release``.

        Returns:
            Whether this process holds it now.

        Raises:
            ApiError, NetworkError: as ``take``.
        """
        with self._lock:
            return self._renewed_at is not None and self._take_or_lose()

    def release(self) -> None:
        """Let the next one have it at once; nothing happens when this process does not hold it.

        Raises:
            ApiError, NetworkError: it stays until it has run out.
        """
        with self._lock:
            if self._renewed_at is None:
                return
            self._renewed_at = None
            live = self._client.find(self._ref)
            if live is not None and dig(live, "spec", "holderIdentity") == self._holder:
                spec: JsonObject = {**as_object(live.get("spec")), "holderIdentity": "", "leaseDurationSeconds": 1}
                self._write(live, spec)

    def _take_or_lose(self) -> bool:
        asked_at = self._clock()
        try:
            taken = self._take()
        except (AlreadyExistsError, NotFoundError, StaleWriteError):
            taken = False  # somebody else was faster
        self._renewed_at = asked_at if taken else None
        return taken

    def _take(self) -> bool:
        live = self._client.find(self._ref)
        if live is None:
            self._transitions = 0
            self._client.create(self._body(self._spec(acquired=None)), self._ref, manager=LEASE_MANAGER)
            return True
        spec = as_object(live.get("spec"))
        ours = spec.get("holderIdentity") == self._holder
        if not ours and not self._has_run_out(spec):
            return False
        self._transitions = as_int(spec.get("leaseTransitions")) + (not ours)
        self._write(live, self._spec(acquired=as_text(spec.get("acquireTime")) if ours else None))
        return True

    def _has_run_out(self, spec: JsonObject) -> bool:
        """Whether it has not changed for as long as it lasts, since this process first saw it like this."""
        if not spec.get("holderIdentity"):
            return True
        if self._seen is None or self._seen.spec != spec:
            self._seen = _Sight(spec=spec, at=self._clock())
        lasts = as_int(spec.get("leaseDurationSeconds"), self._duration)
        return self._clock() - self._seen.at >= lasts

    def _spec(self, *, acquired: str | None) -> JsonObject:
        now = f"{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return {
            "holderIdentity": self._holder,
            "leaseDurationSeconds": self._duration,
            "acquireTime": acquired or now,
            "renewTime": now,
            "leaseTransitions": self._transitions,
        }

    def _body(self, spec: JsonObject) -> JsonObject:
        metadata: JsonObject = {"name": self._ref.name, "namespace": self._ref.namespace}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    def _write(self, live: JsonObject, spec: JsonObject) -> None:
        """Replace exactly the version that was looked at."""
        self._client.replace({**live, "spec": spec}, self._ref, manager=LEASE_MANAGER)
