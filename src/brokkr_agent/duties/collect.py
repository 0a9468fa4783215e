"""Look at what one deployment object has in the cluster: its pods, what happened, and what they wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from attrs import field, frozen

from brokkr_agent.duties.kin import Kin
from brokkr_agent.duties.redact import Redaction, environment_values, secret_values, secrets_of
from brokkr_agent.duties.shapes import newest, result_of
from brokkr_core.errors import ApiError, BrokkrError
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.model.work import NewDiagnosticResult

#: Of each container (contract 12.2).
LOG_LINES = 100
LOG_BYTES = 64 * 1024
#: Logs are asked for one container after the other, so not for endlessly many.
CONTAINERS = 100

_EVENT = ObjectRef(group="", version="v1", kind="Event", name="any")


@frozen(kw_only=True)
class _Secrets:
    """Values that must not be told, and the Secrets whose values are not known."""

    values: set[str] = field(factory=set, repr=False)
    read: dict[ObjectRef, bool] = field(factory=dict)


@frozen(kw_only=True)
class Collector:
    """Collects what a diagnostic result consists of."""

    cluster: KubeClient
    stop: Callable[[], bool] = lambda: False

    def collect(self, object_id: str, tracked: frozenset[ObjectRef]) -> NewDiagnosticResult:
        """Look at the pods of a deployment object.

        Args:
            object_id: the deployment object; pods may carry it as a label.
            tracked: its objects, namespaces resolved.

        Returns:
            What was found, redacted and within the broker's limits.

        Raises:
            ApiError, NetworkError: pods or Events cannot be listed.
        """
        namespaces = sorted({ref.namespace for ref in tracked if ref.namespace} or {self.cluster.only or "default"})
        kin = Kin(self.cluster, dict.fromkeys(tracked, object_id), marked=frozenset({object_id}))
        pods = [pod for namespace in namespaces for _, _, pod in kin.pods(namespace)]
        events = [one for namespace in namespaces for one in self._events(namespace)]
        secrets = _Secrets()
        for ref in tracked:
            if ref.kind == "Secret" and not ref.group:
                self._read(ref, secrets)
        for pod in pods:
            secrets.values.update(environment_values(pod))
            for ref in secret_refs(pod):
                self._read(ref, secrets)
        logs = dict(self._logs(pods, secrets))
        redaction = Redaction.of(secrets.values)
        return result_of(pods, events, logs, redaction=redaction, at=datetime.now(UTC))

    def _events(self, namespace: str) -> list[JsonObject]:
        return newest(self.cluster.list(self.cluster.resource(_EVENT), namespace=namespace))

    def _read(self, ref: ObjectRef, secrets: _Secrets) -> None:
        """Learn which values must not be told; a Secret that is not there has none."""
        if ref in secrets.read:
            return
        try:
            body = self.cluster.find(ref)
        except ApiError:
            secrets.read[ref] = False
            return
        secrets.read[ref] = True
        secrets.values.update(secret_values(body or {}))

    def _logs(self, pods: list[JsonObject], secrets: _Secrets) -> Iterator[tuple[str, str]]:
        asked = 0
        for pod in pods:
            unread = sorted(str(ref) for ref in secret_refs(pod) if not secrets.read[ref])
            for container in as_list(dig(pod, "spec", "containers")):
                asked += 1
                name = as_text(dig(container, "name"))
                key = f"{as_text(dig(pod, 'metadata', 'name'))}/{name}"
                if unread:
                    yield key, f"Error: left out: {unread[0]} cannot be read, so its values could not be hidden"
                elif asked > CONTAINERS:
                    yield key, f"Error: left out: only {CONTAINERS} containers are asked"
                elif not self.stop():
                    yield key, self._log(pod, name)

    def _log(self, pod: JsonObject, container: str) -> str:
        try:
            text = self.cluster.log(ref_of(pod), container=container, lines=LOG_LINES, most_bytes=LOG_BYTES)
        except BrokkrError as error:
            return f"Error: {error}"
        # A line that was cut may end in half a secret, which nobody would recognise.
        return text.rpartition("\n")[0] + "\n" if len(text.encode()) >= LOG_BYTES else text


def secret_refs(pod: JsonObject) -> list[ObjectRef]:
    """Return the Secrets whose values the containers of a pod get to see."""
    namespace: Json = dig(pod, "metadata", "namespace")
    return [
        ObjectRef(group="", version="v1", kind="Secret", namespace=as_text(namespace), name=name)
        for name in sorted(secrets_of(pod))
    ]
