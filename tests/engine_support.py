"""What the engine's tests share: an API server that follows a script, a clock that obeys, small live objects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.kube import KubeClient
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.model.manifest import Manifest, Origin
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.retry import RetryPolicy
from clock_support import ObedientClock

#: One step of a script: an answer, an error to raise, or a function of the request.
Step = Response | ClusterUnreachableError | Callable[[Request], Response]

#: What the scripted server serves: group, version, kind, plural, namespaced.
KINDS = (
    ("", "v1", "ConfigMap", "configmaps", True),
    ("", "v1", "Namespace", "namespaces", False),
    ("", "v1", "Secret", "secrets", True),
    ("apps", "v1", "Deployment", "deployments", True),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False),
    ("example.com", "v1", "Gadget", "gadgets", True),
)

IMPATIENT = RetryPolicy(attempts=3, base_seconds=1.0, cap_seconds=1.0, deadline_seconds=100.0)


class ScriptedStream:
    """An answer that was there from the beginning, line by line."""

    def __init__(self, answer: Response) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._lines = answer.body.splitlines()

    def __iter__(self) -> Iterator[bytes]:
        while self._lines:
            yield self._lines.pop(0)

    def close(self) -> None:
        self._lines.clear()


class ScriptedCluster:
    """A transport that answers discovery by itself and everything else by a script for each method and path.

    The steps of a script are given in order and the last one is repeated; without a script the answer is 404.
    """

    def __init__(self, scripts: Mapping[str, Step | list[Step]] | None = None) -> None:
        self._scripts = {
            endpoint: list(steps) if isinstance(steps, list) else [steps] for endpoint, steps in (scripts or {}).items()
        }
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.closed = False

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        with self._lock:
            self.requests.append(request)
            step = self._step(request)
        if isinstance(step, ClusterUnreachableError):
            raise step
        return step if isinstance(step, Response) else step(request)

    def stream(self, request: Request, *, timeout_seconds: float) -> ScriptedStream:
        """Answer with the lines of the next step's body."""
        return ScriptedStream(self.send(request, timeout_seconds=timeout_seconds))

    def close(self) -> None:
        self.closed = True

    def asked(self, method: str = "") -> list[str]:
        """Return the endpoints that were asked, discovery left out."""
        found = [one.endpoint for one in self.requests if one.path not in ("/api", "/apis")]
        return [endpoint for endpoint in found if endpoint.startswith(method)]

    def _step(self, request: Request) -> Step:
        steps = self._scripts.get(request.endpoint)
        if steps is None and request.path in ("/api", "/apis"):
            return discovery(core=request.path == "/api")
        if steps is None:
            return refusal(404, "NotFound", "not found")
        return steps.pop(0) if len(steps) > 1 else steps[0]


def client_over(cluster: ScriptedCluster, *, clock: ObedientClock | None = None) -> KubeClient:
    """Build a client whose waits take no time and whose dice always fall on one."""
    time = clock or ObedientClock()
    return KubeClient(cluster, retry=IMPATIENT, clock=time, sleep=time.sleep, random=lambda: 1.0)


def discovery(*, core: bool, kinds: tuple[tuple[str, str, str, str, bool], ...] = KINDS) -> Response:
    """Answer aggregated discovery of the core or of all groups."""
    groups: dict[str, list[Json]] = {}
    for group, _, kind, plural, namespaced in kinds:
        entry: JsonObject = {
            "resource": plural,
            "responseKind": {"group": group, "version": "v1", "kind": kind},
            "scope": "Namespaced" if namespaced else "Cluster",
            "verbs": ["delete", "get", "list", "patch"],
        }
        groups.setdefault(group, []).append(entry)
    items: list[Json] = [
        {"metadata": {"name": group} if group else {}, "versions": [{"version": "v1", "resources": entries}]}
        for group, entries in groups.items()
        if bool(group) != core
    ]
    return ok({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})


def ok(body: JsonObject, status: int = 200) -> Response:
    return Response.of_json(status, body)


def listed(*bodies: JsonObject) -> Response:
    return ok({"kind": "List", "metadata": {}, "items": [*bodies]})


def refusal(status: int, reason: str, message: str, *, causes: list[Json] | None = None) -> Response:
    details: JsonObject = {"causes": causes or []}
    body: JsonObject = {"kind": "Status", "code": status, "reason": reason, "message": message, "details": details}
    return ok(body, status)


def down(*, sent: bool) -> ClusterUnreachableError:
    return ClusterUnreachableError("the line is down", sent=sent)


def live(
    kind: str = "ConfigMap",
    name: str = "one",
    *,
    namespace: str = "shop",
    api_version: str = "v1",
    uid: str = "u1",
    version: str = "1",
    metadata: JsonObject | None = None,
    **members: Json,
) -> JsonObject:
    """Make an object as a server would return it."""
    place: JsonObject = {"name": name, "uid": uid, "resourceVersion": version}
    if namespace:
        place["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": {**place, **(metadata or {})}, **members}


def wanted(body: JsonObject, *, line: int = 1) -> Manifest:
    """Make the manifest that would lead to a live object."""
    known = as_object(body["metadata"])
    metadata: JsonObject = {key: known[key] for key in ("name", "namespace") if key in known}
    return Manifest(
        ref=ref_of(body),
        body={**body, "metadata": metadata},
        origin=Origin(source="bundle.yaml", document=1, first_line=line, last_line=line),
    )


def a_ref(name: str = "one", kind: str = "ConfigMap", namespace: str = "shop", group: str = "") -> ObjectRef:
    return ObjectRef(group=group, version="v1", kind=kind, namespace=namespace, name=name)


#: The apiVersion of every kind that has a rule of its own, and of some that have none.
API_VERSIONS = {
    "ConfigMap": "v1",
    "Gadget": "example.com/v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "ReplicationController": "v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "Pod": "v1",
    "PersistentVolumeClaim": "v1",
    "PersistentVolume": "v1",
    "Service": "v1",
    "Ingress": "networking.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "MutatingWebhookConfiguration": "admissionregistration.k8s.io/v1",
    "ValidatingWebhookConfiguration": "admissionregistration.k8s.io/v1",
    "Namespace": "v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "APIService": "apiregistration.k8s.io/v1",
}


def with_status(kind: str, status: Json = None, *, spec: Json = None, **metadata: Json) -> JsonObject:
    body: JsonObject = {"apiVersion": API_VERSIONS[kind], "kind": kind, "metadata": {"generation": 2, **metadata}}
    return body | ({"spec": spec} if spec is not None else {}) | ({"status": status} if status is not None else {})


def condition(kind: str, status: str, reason: str = "Because", **more: Json) -> JsonObject:
    return {"type": kind, "status": status, "reason": reason, "message": "in other words", **more}


def at(seconds: float) -> datetime:
    """A moment after the one at which everything in a test began."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def seen(**members: Json) -> JsonObject:
    return {"observedGeneration": 2, **members}


def counted(*conditions: JsonObject, **counts: int) -> JsonObject:
    """Make the status of a workload whose three replicas are all there, and Available unless it says otherwise."""
    names = ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas", "currentReplicas")
    base = dict.fromkeys((*names, "fullyLabeledReplicas"), 3)
    rest = [] if any(one["type"] == "Available" for one in conditions) else [condition("Available", "True")]
    return seen(**{**base, **counts}, conditions=[*conditions, *rest])
