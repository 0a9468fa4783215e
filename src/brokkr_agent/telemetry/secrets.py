"""What must not be told of a pod's log: the values of the Secrets it gets to see, read anew now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable

from brokkr_agent.duties.collect import secret_refs
from brokkr_agent.duties.redact import Redaction, environment_values, secret_values
from brokkr_agent.recent import Recent
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef

#: After so long a Secret is read again: it may have been changed, and its pod may use the new value.
SECONDS = 60.0
#: Secrets whose values are kept at once.
MOST = 1000


class PodSecrets:
    """Reads Secrets for all who follow a log, each once in a while. Safe for several threads.

    Args:
        client: the cluster.
        monotonic: seconds that only ever go forward.
    """

    def __init__(self, client: KubeClient, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._values: Recent[ObjectRef, tuple[str, ...]] = Recent(MOST, SECONDS)

    def values(self, pod: JsonObject) -> frozenset[str]:
        """Return every value that a pod must not tell.

        Raises:
            ApiError: a Secret cannot be read, so its values are not known.
            NetworkError: the cluster did not answer.
        """
        found = set(environment_values(pod))
        for ref in secret_refs(pod):
            found.update(self._of(ref))
        return frozenset(found)

    def _of(self, ref: ObjectRef) -> tuple[str, ...]:
        with self._lock:
            known = self._values.get(ref, self._monotonic())
        if known is not None:
            return known
        values = tuple(secret_values(self._client.find(ref) or {}))
        with self._lock:
            self._values.put(ref, values, self._monotonic())
        return values


class Hidden:
    """Hides in the lines of one log; what was a secret once stays hidden as long as the log is followed.

    Args:
        secrets: where the values come from.
        pod: whose log it is.
        monotonic: seconds that only ever go forward.
    """

    def __init__(self, secrets: PodSecrets, pod: JsonObject, monotonic: Callable[[], float]) -> None:
        self._secrets = secrets
        self._pod = pod
        self._monotonic = monotonic
        self._values: frozenset[str] = frozenset()
        self._redaction: Redaction | None = None
        self._read_at = float("-inf")

    def current(self) -> Redaction:
        """Return what hides now.

        Raises:
            ApiError, NetworkError: as :meth:`PodSecrets.values`; nothing of the log must be told.
        """
        now = self._monotonic()
        if self._redaction is None or now - self._read_at > SECONDS:
            values = self._values | self._secrets.values(self._pod)
            if self._redaction is None or values != self._values:
                self._values, self._redaction = values, Redaction.of(values)
            self._read_at = now
        return self._redaction


def hidden(line: str, redaction: Redaction, *, whole: bool) -> str:
    """Return a line as it may be told; one that was cut loses its end, which may be half a secret."""
    if not whole:
        line = line[: len(line) - max(map(len, redaction.values), default=0)]
    return redaction.text(line)
