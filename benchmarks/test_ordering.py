"""How long it takes to order ten thousand objects with thirty thousand edges, next to the standard library.

Run with ``pytest benchmarks/test_ordering.py``. The peer, ``graphlib.TopologicalSorter``, gets the edges ready
made and knows neither priorities nor reasons; it is compared with the part that does the same work.
"""

from __future__ import annotations

from collections.abc import Callable
from graphlib import TopologicalSorter
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

import pytest

from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.ordering import delete_order, order
from brokkr_core.ordering.graph import Graph, graph_of, prioritised_order

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

Arcs: TypeAlias = list[tuple[int, int]]

NAMESPACES = 40
APPS_A_NAMESPACE = 50
OBJECTS = 10_000
EDGES = 30_000


def _manifest(api_version: str, kind: str, namespace: str, name: str, **body: JsonObject) -> Manifest:
    metadata: JsonObject = {"name": name, "labels": {"app": name}}
    if namespace:
        metadata["namespace"] = namespace
    content: JsonObject = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
    return Manifest(ref=ref_of(content), body=content)


def _app(namespace: str, name: str) -> list[Manifest]:
    """Make an application of five objects: a workload and what it names."""
    template: JsonObject = {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "serviceAccountName": name,
            "imagePullSecrets": [{"name": name}],
            "volumes": [{"name": "config", "configMap": {"name": name}}],
            "containers": [
                {
                    "name": "main",
                    "env": [
                        {"name": "OWN", "valueFrom": {"configMapKeyRef": {"name": name, "key": "k"}}},
                        *(_shared_setting(number) for number in range(10)),
                    ],
                }
            ],
        },
    }
    return [
        _manifest("v1", "ServiceAccount", namespace, name),
        _manifest("v1", "ConfigMap", namespace, name),
        _manifest("v1", "Secret", namespace, name),
        _manifest("v1", "Service", namespace, name, spec={"selector": {"app": name}}),
        _manifest("apps/v1", "Deployment", namespace, name, spec={"template": template}),
    ]


def _shared_setting(number: int) -> JsonObject:
    reference: JsonObject = {"name": f"shared-{number}", "key": "k"}
    return {"name": f"SHARED_{number}", "valueFrom": {"configMapKeyRef": reference}}


def _namespace(name: str) -> list[Manifest]:
    objects = [_manifest("v1", "Namespace", "", name)]
    objects += [_manifest("v1", "ConfigMap", name, f"shared-{number}") for number in range(10)]
    for number in range(APPS_A_NAMESPACE):
        objects += _app(name, f"app-{number}")
    return objects


@pytest.fixture(scope="module")
def bundle() -> list[Manifest]:
    """Forty namespaces of fifty applications: more than ten thousand objects, more than thirty thousand edges."""
    return [manifest for number in range(NAMESPACES) for manifest in _namespace(f"team-{number}")]


@pytest.fixture(scope="module")
def plan(bundle: list[Manifest]) -> Plan:
    """The plan of the bundle, which is as large as this file says."""
    plan = order(bundle)
    assert len(plan.manifests) >= OBJECTS
    assert len(plan.edges) >= EDGES
    return plan


@pytest.fixture(scope="module")
def numbered(plan: Plan) -> tuple[Graph, Arcs]:
    """The same edges as pairs of numbers, as both sorters want them."""
    index = {manifest.ref: number for number, manifest in enumerate(plan.manifests)}
    arcs = [(index[edge.before], index[edge.after]) for edge in plan.edges]
    return graph_of(len(index), arcs), arcs


def _sort_with_graphlib(size: int, arcs: Arcs) -> list[int]:
    sorter: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(range(size), ()))
    for before, after in arcs:
        sorter.add(after, before)
    return list(sorter.static_order())


def _sort_with_ours(size: int, arcs: Arcs) -> list[int]:
    return prioritised_order(graph_of(size, arcs), range(size))


def _best_of_five(sort: Callable[[int, Arcs], list[int]], size: int, arcs: Arcs) -> float:
    """Return the shortest of five times, in seconds."""
    times = []
    for _ in range(5):
        start = perf_counter()
        sort(size, arcs)
        times.append(perf_counter() - start)
    return min(times)


def test_a_bundle_is_ordered_from_manifests_to_plan(
    benchmark: BenchmarkFixture, bundle: list[Manifest], plan: Plan
) -> None:
    """The whole way: find every edge, settle, sort, layer."""
    result = benchmark(order, bundle)
    assert result == plan


def test_deletion_is_ordered_from_edges(benchmark: BenchmarkFixture, plan: Plan) -> None:
    """The way back, from references and edges alone."""
    refs: list[ObjectRef] = [manifest.ref for manifest in plan.manifests]
    assert len(benchmark(delete_order, refs, plan.edges)) == len(refs)


@pytest.mark.benchmark(group="sort only")
def test_the_sort_alone(benchmark: BenchmarkFixture, numbered: tuple[Graph, Arcs]) -> None:
    """Building the graph and sorting it by priority; the ratio to the peer is measured in the same run."""
    graph, arcs = numbered
    assert len(benchmark(_sort_with_ours, graph.size, arcs)) == graph.size
    ours = _best_of_five(_sort_with_ours, graph.size, arcs)
    peers = _best_of_five(_sort_with_graphlib, graph.size, arcs)
    benchmark.extra_info["times as fast as graphlib"] = round(peers / ours, 2)
    assert ours < peers


@pytest.mark.benchmark(group="sort only")
def test_the_peer_graphlib_on_the_same_edges(benchmark: BenchmarkFixture, numbered: tuple[Graph, Arcs]) -> None:
    """The same arcs through the sorter of the standard library."""
    graph, arcs = numbered
    assert len(benchmark(_sort_with_graphlib, graph.size, arcs)) == graph.size
