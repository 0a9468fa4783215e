"""A stack of one owner on an emulated cluster, for what is tried on pruning."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from brokkr_agent.reconcile import Deployment, Revision
from brokkr_agent.rules import Rules
from brokkr_agent.target import Target
from brokkr_core.apply import InventoryStore, PrunePolicy
from brokkr_core.kube import KubeClient
from brokkr_core.manifest import parse_all
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.outcome import Outcome, Report
from brokkr_core.model.ref import ref_of
from brokkr_core.model.wire import Stamp
from brokkr_core.rollback import UndoPolicy
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_play import QUICK, live, writes

RULES = Rules(
    apply=QUICK,
    prune=PrunePolicy(gone_timeout_seconds=0.2, poll_seconds=0.02),
    undo=UndoPolicy(settle_timeout_seconds=0.2, stability_seconds=0.0, poll_seconds=0.02),
)
STAMP = Stamp(stack_id="stack", checksum="sum", deployment_object_id="object", owner_id="us")

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
"""
WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: one, namespace: default}\n"


class Lab:
    """One agent on one cluster; every deployment is another revision."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self.cluster = cluster
        self.client = KubeClient(cluster.transport())
        self.store = InventoryStore(self.client, namespace="default")
        self.target = Target(client=self.client, store=self.store)
        self.revisions = 0
        self.stop: Callable[[], bool] = lambda: False

    def restart(self) -> None:
        """Forget what only the process knows."""
        self.target = Target(client=self.client, store=self.store)

    def deploy(self, *documents: str, rules: Rules = RULES, removal: bool = False, stack: str = "stack") -> Report:
        return self.deployment(rules).run(self.revision(*documents, removal=removal, stack=stack))

    def preview(self, *documents: str, rules: Rules = RULES, removal: bool = False) -> Report:
        return self.deployment(rules).preview(self.revision(*documents, removal=removal))

    def deployment(self, rules: Rules = RULES) -> Deployment:
        return Deployment(self.target, rules, stop=self.stop)

    def revision(self, *documents: str, removal: bool = False, stack: str = "stack") -> Revision:
        self.revisions += 1
        number = self.revisions
        stamp = evolve(STAMP, stack_id=stack, checksum=f"sum-{number}", deployment_object_id=f"object-{number}")
        manifests = parse_all("---\n".join(documents)).checked().manifests if documents else ()
        return Revision(stamp=stamp, manifests=manifests, removal=removal)

    def edit(self, name: str, change: Callable[[JsonObject], JsonObject], *, kind: str = "ConfigMap") -> None:
        """Somebody edits an object's metadata by hand."""
        body = live(self.client, kind, name)
        assert body is not None
        metadata = change(dict(as_object(body["metadata"])))
        self.client.replace({**body, "metadata": metadata}, ref_of(body), manager="by-hand")

    def deleted(self) -> list[str]:
        """The paths that were asked to be deleted, the inventory's own left out."""
        deletions = (one.removeprefix("DELETE ") for one in writes(self.cluster) if one.startswith("DELETE"))
        return [path for path in deletions if "/brokkr-inventory-" not in path]


def outcome_of(report: Report, name: str) -> Outcome:
    """Return how an object ended."""
    (found,) = (outcome for outcome in report.outcomes if outcome.ref.name == name)
    return found
