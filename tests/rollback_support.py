"""A cluster on which a run goes wrong, others interfere, and the run is put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from brokkr_core.apply import ApplyPolicy, Conflicts
from brokkr_core.kube import KubeClient
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.model.outcome import Report
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.retry import RetryPolicy
from brokkr_core.rollback import Entry, Finding, MemoryJournal, Undone, UndoPolicy, undo
from brokkr_core.testing.cluster import EmbeddedCluster, FaultPlan, FaultRule
from brokkr_core.testing.cluster.hooks import Hook
from brokkr_core.testing.cluster.rbac import Rbac
from brokkr_core.testing.cluster.settings import Settings
from cluster_support import MERGE_PATCH, Client
from engine_play import applied, everything, live, owned_values

AT_ONCE = UndoPolicy(settle_timeout_seconds=0.3, stability_seconds=0.0, poll_seconds=0.02)
HASTY = RetryPolicy(attempts=3, base_seconds=0.001, cap_seconds=0.002, deadline_seconds=5.0)
NO_WAIT = ApplyPolicy(wait=False)
TAKING = ApplyPolicy(wait=False, conflicts=Conflicts.TAKE)
ANEW = ApplyPolicy(recreate=True, wait=False, ready_timeout_seconds=0.3, poll_seconds=0.02)


class Lab:
    """A cluster in memory, a client that gives up soon, and the record of one run."""

    def __init__(
        self, *, hooks: Iterable[Hook] = (), rbac: Rbac | None = None, settings: Settings | None = None
    ) -> None:
        self.cluster = EmbeddedCluster(settings, hooks=hooks, rbac=rbac)
        self.client = KubeClient(self.cluster.transport(), retry=HASTY)
        self.journal = MemoryJournal()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cluster.close()

    def stands(self, *documents: str, policy: ApplyPolicy = NO_WAIT) -> dict[ObjectRef, JsonObject]:
        """Apply what was there before the run; return the state of everything."""
        assert applied(self.client, *documents, policy=policy).ok
        return self.state()

    def run(self, *documents: str, policy: ApplyPolicy = NO_WAIT) -> Report:
        """Apply the revision that is going to be put back."""
        return applied(self.client, *documents, policy=policy, recorder=self.journal)

    def put_back(
        self,
        policy: UndoPolicy = AT_ONCE,
        *,
        entries: tuple[Entry, ...] | None = None,
        user: str = "",
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Undone:
        """Undo the run; ``meanwhile`` happens whenever the rollback waits."""
        client = KubeClient(self.cluster.transport(user=user), retry=HASTY) if user else self.client
        record = self.journal.entries() if entries is None else entries

        def wait(_seconds: float) -> None:
            meanwhile()

        return undo(client, record, policy=policy, sleep=wait)

    def state(self) -> dict[ObjectRef, JsonObject]:
        """Everything somebody could have written, and who owns it."""
        return everything(self.client, owned_values)

    def see(self, kind: str, name: str, *, api: str = "v1", namespace: str = "default") -> JsonObject:
        """Read an object; empty when it is not there."""
        return as_object(live(self.client, kind, name, api=api, namespace=namespace))

    def patch(self, body: JsonObject, change: JsonObject, *, by: str = "them", subresource: str = "") -> None:
        """Let somebody else change an object."""
        others = Client(self.cluster.transport())
        path = self.path(body) + (f"/{subresource}" if subresource else "")
        others.call("PATCH", path, change, query={"fieldManager": by}, content_type=MERGE_PATCH).expect(200)

    def delete(self, body: JsonObject) -> None:
        """Let somebody else delete an object."""
        Client(self.cluster.transport()).call("DELETE", self.path(body)).expect(200)

    def administer(self, method: str, path: str, body: Json = None) -> Response:
        """Do something that no fault befalls and no hook sees."""
        return self.cluster.administer(Request(method=method, path=path, body=json.dumps(body).encode()))

    def go_wrong(self, *rules: FaultRule) -> None:
        """Let requests meet faults from now on."""
        self.cluster.break_with(FaultPlan(rules=rules))

    def path(self, body: JsonObject) -> str:
        """Return the path of an object."""
        ref = ref_of(body)
        return self.client.resource(ref).path(namespace=ref.namespace, name=ref.name)


def by_name(undone: Undone) -> dict[str, str]:
    """The state of each object by its name."""
    return {finding.ref.name: str(finding.state) for finding in undone.findings}


def only(undone: Undone) -> Finding:
    """The one finding of a rollback."""
    (finding,) = undone.findings
    return finding


def fixed(name: str, value: str, *, more: str = "") -> str:
    """A ConfigMap that can only be replaced."""
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default{more}}}\n"
        f"immutable: true\ndata: {{a: '{value}'}}\n"
    )


def deployment(name: str, *, strategy: str = "RollingUpdate", image: str = "web", replicas: int = 0) -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: default}}\n"
        f"spec:\n  replicas: {replicas}\n  strategy: {{type: {strategy}}}\n"
        f"  selector: {{matchLabels: {{app: {name}}}}}\n"
        f"  template:\n    metadata: {{labels: {{app: {name}}}}}\n"
        f"    spec: {{containers: [{{name: web, image: {image}}}]}}\n"
    )


def definition(*, minimum: int = 0) -> str:
    """A CustomResourceDefinition of gadgets with a size."""
    return (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: gadgets.example.com}\n"
        "spec:\n  group: example.com\n  scope: Namespaced\n  names: {plural: gadgets, kind: Gadget}\n"
        "  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n"
        "        type: object\n        properties:\n          spec:\n            type: object\n"
        f"            properties: {{size: {{type: integer, minimum: {minimum}}}}}\n"
    )


def gadget(name: str, size: int = 1) -> str:
    return (
        f"apiVersion: example.com/v1\nkind: Gadget\nmetadata: {{name: {name}, namespace: default}}\n"
        f"spec: {{size: {size}}}\n"
    )
