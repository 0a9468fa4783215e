"""The engine in process: a cluster without a socket, and short ways to plan, apply and look."""

from __future__ import annotations

from collections.abc import Callable

from brokkr_core.apply import ApplyPolicy, Recorder, apply_plan, resolve
from brokkr_core.apply.difference.paths import comparable, ownership
from brokkr_core.kube import KubeClient
from brokkr_core.manifest import parse_all
from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.outcome import Report
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.ordering import order
from brokkr_core.testing.cluster import EmbeddedCluster

QUICK = ApplyPolicy(ready_timeout_seconds=2.0, poll_seconds=0.05)


def planned(client: KubeClient, *documents: str) -> Plan:
    """Parse, resolve and order."""
    return order(resolve(parse_all("---\n".join(documents)).checked().manifests, client.discovery))


def applied(
    client: KubeClient, *documents: str, policy: ApplyPolicy = QUICK, recorder: Recorder | None = None
) -> Report:
    """Apply as a user of the library would."""
    return apply_plan(client, planned(client, *documents), policy=policy, recorder=recorder)


def actions(report: Report) -> dict[str, str]:
    """Each object and how it ended."""
    return {str(outcome.ref): str(outcome.action) for outcome in report.outcomes}


def live(client: KubeClient, kind: str, name: str, *, namespace: str = "default", api: str = "v1") -> JsonObject | None:
    """Read an object."""
    group, _, version = api.rpartition("/")
    return client.find(ObjectRef(group=group, version=version, kind=kind, namespace=namespace, name=name))


def writes(cluster: EmbeddedCluster) -> list[str]:
    """The requests that could have changed anything."""
    return [f"{one.method} {one.path}" for one in cluster.requests if one.writes]


def everything(client: KubeClient, keep: Callable[[JsonObject], JsonObject]) -> dict[ObjectRef, JsonObject]:
    """Every object of the cluster, reduced to what a test compares."""
    found = {}
    for resource in client.discovery.resources():
        if "list" in resource.verbs:
            found.update({ref_of(body): keep(body) for body in client.list(resource)})
    return found


def owned_values(body: JsonObject) -> JsonObject:
    """What an object holds and who owns it: what a rollback that is not about identity is judged by."""
    return {**comparable(body), "owners": [list(one) for one in ownership(body)]}


def whole(body: JsonObject) -> JsonObject:
    """What an object holds, who owns it, and which one it is."""
    return {**owned_values(body), "uid": dig(body, "metadata", "uid")}
