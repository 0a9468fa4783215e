"""A thread that looks behind workloads that are late, as long as there are any."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from brokkr_core.apply.readiness.household import Household
from brokkr_core.apply.waiting.making import Making
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.threads import carried


class Inquiry:
    """Looks at the pods of late workloads. Use it from one thread, and close it.

    Args:
        client: the cluster.
        since: when the run began, by the cluster's clock.
        interval_seconds: between the end of one look and the beginning of the next.
        wake: called from another thread when ``news`` has something to tell.
    """

    def __init__(
        self, client: KubeClient, *, since: datetime, interval_seconds: float, wake: Callable[[], None]
    ) -> None:
        self._interval = interval_seconds
        self._wake = wake
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._making = Making(client, since=since, stop=self._closing.is_set)
        self._thread: threading.Thread | None = None
        self._late: Mapping[ObjectRef, JsonObject] = {}
        self._found: dict[ObjectRef, Household] = {}
        self._news: set[ObjectRef] = set()

    def ask(self, late: Mapping[ObjectRef, JsonObject]) -> None:
        """Say which workloads are late now, and how they were read last; the first time it looks at once."""
        with self._lock:
            self._late = late
            self._found = {ref: one for ref, one in self._found.items() if ref in late}
        if late and self._thread is None:
            self._thread = threading.Thread(target=carried(self._run), name="watch-pods", daemon=True)
            self._thread.start()

    def of(self, ref: ObjectRef) -> Household | None:
        """Return what a workload had made when it was looked at last."""
        with self._lock:
            return self._found.get(ref)

    def news(self) -> set[ObjectRef]:
        """Return what was looked at since the last time."""
        with self._lock:
            found, self._news = self._news, set()
        return found

    def close(self) -> None:
        """Begin no other request and wait for the one that is under way."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            with self._lock:
                late = self._late
            found = self._making.read(late)
            with self._lock:
                self._found |= {ref: one for ref, one in found.items() if ref in self._late}
                self._news |= found.keys() & self._late.keys()
            if found:
                self._wake()
            self._closing.wait(self._interval)
