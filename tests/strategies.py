"""Hypothesis strategies that several properties share: Kubernetes objects, bundles of them, and graphs.

Names are drawn from small sets, so that references often find what they name and often do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from hypothesis import strategies as st

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.wire import DEPENDS_ON, WAVE
from ordering_objects import (
    RBAC,
    a_budget,
    a_config_map,
    a_crd,
    a_deployment,
    a_namespace,
    a_resource,
    a_rule,
    a_secret,
    a_service,
    a_service_account,
    a_webhook,
    a_webhook_configuration,
    an_object,
)

NAMESPACES = ("shop", "hooks")
NAMES = ("a", "b", "c")
KINDS = ("Widget", "Gadget")
APPS = ("web", "api")

Arcs: TypeAlias = tuple[int, list[tuple[int, int]]]

namespaces = st.sampled_from(NAMESPACES)
names = st.sampled_from(NAMES)
labels = st.dictionaries(st.sampled_from(("app", "tier")), st.sampled_from(APPS), max_size=2)
selectors: st.SearchStrategy[JsonObject] = labels.map(lambda wanted: {"matchLabels": {**wanted}} if wanted else {})


@st.composite
def arcs(draw: st.DrawFn, max_size: int = 8) -> Arcs:
    """Draw any directed graph, circles and doubled arcs included: how many vertices, and the arcs."""
    size = draw(st.integers(1, max_size))
    vertex = st.integers(0, size - 1)
    return size, draw(st.lists(st.tuples(vertex, vertex), max_size=3 * size))


@st.composite
def acyclic_arcs(draw: st.DrawFn, max_size: int = 8) -> Arcs:
    """Draw a directed graph without circles whose vertices are numbered in no particular order."""
    size, drawn = draw(arcs(max_size))
    rank = draw(st.permutations(range(size)))
    forward = [(min(arc, key=rank.__getitem__), max(arc, key=rank.__getitem__)) for arc in drawn]
    return size, [(source, target) for source, target in forward if source != target]


def pod_specs() -> st.SearchStrategy[JsonObject]:
    """Draw pod specs that name a few things, some of them as optional."""
    named = st.fixed_dictionaries({"secretName": names, "optional": st.booleans()})
    configs = st.fixed_dictionaries({"name": names, "optional": st.booleans()})
    volumes = st.one_of(st.builds(_volume, st.just("secret"), named), st.builds(_volume, st.just("configMap"), configs))
    return st.builds(_pod_spec, st.none() | names, st.lists(volumes, max_size=2))


def _volume(kind: str, source: dict[str, Json]) -> Json:
    return {"name": "v", kind: source}


def _pod_spec(account: str | None, volumes: list[Json]) -> JsonObject:
    spec: JsonObject = {"volumes": volumes}
    if account:
        spec["serviceAccountName"] = account
    return spec


def workloads() -> st.SearchStrategy[Manifest]:
    """Draw Deployments."""
    return st.builds(a_deployment, names, namespaces, pods=labels, spec=pod_specs())


def custom_resources() -> st.SearchStrategy[Manifest]:
    """Draw resources of the kinds that ``crds`` define."""
    return st.builds(a_resource, st.sampled_from(KINDS), names, namespaces)


def crds() -> st.SearchStrategy[Manifest]:
    """Draw CRDs, some with a conversion webhook."""
    conversions = st.none() | st.tuples(namespaces, names)
    return st.builds(a_crd, st.sampled_from(KINDS), conversion=conversions)


def webhook_configurations() -> st.SearchStrategy[Manifest]:
    """Draw webhook configurations with backends, rules and selectors."""
    resources = st.sampled_from(("*", "configmaps", "deployments", "pods", "widgets", "secrets/status", "namespaces"))
    rules = st.builds(a_rule, resources)
    webhooks = st.builds(
        a_webhook,
        rules,
        service=st.none() | st.tuples(namespaces, names),
        namespaceSelector=selectors,
        objectSelector=selectors,
    )
    kinds = st.sampled_from(("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"))
    return st.builds(
        lambda name, webhook, kind: a_webhook_configuration(name, webhook, kind=kind), names, webhooks, kinds
    )


def bindings() -> st.SearchStrategy[Manifest]:
    """Draw RoleBindings."""
    return st.builds(_binding, names, namespaces, names, names)


def _binding(name: str, namespace: str, role: str, account: str) -> Manifest:
    subject: JsonObject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    body: JsonObject = {"roleRef": {"kind": "Role", "name": role}, "subjects": [subject]}
    return an_object(RBAC, "RoleBinding", name, namespace, body)


def objects() -> st.SearchStrategy[Manifest]:
    """Draw one object of any sort; nothing in it can close a circle of hard dependencies."""
    accounts = st.builds(
        lambda name, where, secret: a_service_account(name, where, {"secrets": [{"name": secret}]}),
        names,
        namespaces,
        names,
    )
    return st.one_of(
        st.builds(a_namespace, namespaces, labels),
        st.builds(a_config_map, names, namespaces),
        st.builds(a_secret, names, namespaces),
        accounts,
        bindings(),
        st.builds(lambda name, where: an_object(RBAC, "Role", name, where), names, namespaces),
        st.builds(a_service, names, namespaces, labels),
        st.builds(a_budget, names, namespaces, selectors),
        workloads(),
        crds(),
        custom_resources(),
        webhook_configurations(),
    )


def bundles(max_size: int = 14) -> st.SearchStrategy[list[Manifest]]:
    """Draw bundles in which no object stands twice and no hard dependencies go round in a circle."""
    return st.lists(objects(), max_size=max_size, unique_by=lambda manifest: manifest.ref)


@st.composite
def declared_bundles(draw: st.DrawFn, max_size: int = 10) -> list[Manifest]:
    """Draw bundles whose objects declare dependencies and waves at will, circles included."""
    bundle = draw(bundles(max_size=max_size))
    declared = []
    for manifest in bundle:
        others = [other for other in bundle if other.ref != manifest.ref]
        annotations = {}
        chosen = draw(st.lists(st.sampled_from(others), max_size=2)) if others else []
        if chosen:
            annotations[DEPENDS_ON] = ",".join(dependency(other) for other in chosen)
        wave = draw(st.sampled_from((None, None, None, "-1", "0", "7")))
        if wave:
            annotations[WAVE] = wave
        declared.append(manifest.with_annotations(annotations) if annotations else manifest)
    return declared


def dependency(on: Manifest) -> str:
    """Write the entry of a depends-on annotation that names an object."""
    ref = on.ref
    where = f"namespaces/{ref.namespace}/" if ref.namespace else ""
    return f"{ref.group}/{where}{ref.kind}/{ref.name}"


def shuffled(manifests: Iterable[Manifest]) -> st.SearchStrategy[list[Manifest]]:
    """Draw the same manifests in any order."""
    return st.permutations(list(manifests))
