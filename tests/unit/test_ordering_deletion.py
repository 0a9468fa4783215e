"""Deletion backwards: what depends on an object is gone before the object goes."""

from __future__ import annotations

from itertools import permutations

import pytest
from attrs import evolve

from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Plan
from brokkr_core.ordering import deletion_plan
from ordering_objects import a_config_map, a_namespace, an_object

POD: JsonObject = {
    "template": {"spec": {"containers": [{"name": "a", "envFrom": [{"configMapRef": {"name": "settings"}}]}]}}
}


def a_deployment(name: str = "web", namespace: str = "shop") -> Manifest:
    return an_object("apps/v1", "Deployment", name, namespace, {"spec": POD})


def a_widget(name: str, *finalizers: str) -> Manifest:
    made = an_object("example.com/v1", "Widget", name, "shop")
    metadata: JsonObject = {**as_object(made.body["metadata"]), "finalizers": [*finalizers]}
    return evolve(made, body={**made.body, "metadata": metadata})


def waits(plan: Plan) -> set[tuple[str, str]]:
    return {(edge.after.name, edge.before.name) for edge in plan.edges}


def names(plan: Plan) -> list[str]:
    return [manifest.ref.name for manifest in plan.manifests]


def test_everything_goes_before_what_it_depends_on() -> None:
    plan = deletion_plan([a_namespace("shop"), a_config_map("settings"), a_deployment()])

    assert names(plan) == ["web", "settings", "shop"]
    assert {("settings", "web"), ("shop", "web"), ("shop", "settings")} <= waits(plan)
    assert [[ref.name for ref in wave] for wave in plan.waves] == [["web"], ["settings"], ["shop"]]


def test_the_plan_is_the_same_for_every_order_of_the_objects() -> None:
    objects = [a_namespace("shop"), a_config_map("settings"), a_deployment(), a_config_map("other")]

    assert len({repr(deletion_plan(order)) for order in permutations(objects)}) == 1


def test_a_higher_wave_goes_first() -> None:
    plan = deletion_plan([a_config_map("low", wave="0"), a_config_map("high", wave="1")])

    assert names(plan) == ["high", "low"]


def test_an_object_with_somebodys_finalizer_goes_before_the_workloads() -> None:
    plan = deletion_plan([a_deployment("operator"), a_widget("cared-for", "example.com/clean-up")])
    (edge,) = plan.edges

    assert names(plan) == ["cared-for", "operator"]
    assert not edge.hard
    assert str(edge) == (
        "Deployment/shop/operator waits for Widget/shop/cared-for: its finalizer may be this object's to take away"
    )


@pytest.mark.parametrize("finalizer", ["foregroundDeletion", "kubernetes.io/pvc-protection"])
def test_a_finalizer_of_kubernetes_itself_needs_nobody(finalizer: str) -> None:
    assert deletion_plan([a_deployment("operator"), a_widget("plain", finalizer)]).edges == ()


def test_many_finalizers_and_many_workloads_do_not_cost_every_pair() -> None:
    widgets = [a_widget(f"widget-{number}", "example.com/x") for number in range(200)]
    deployments = [a_deployment(f"web-{number}") for number in range(200)]
    plan = deletion_plan([*widgets, *deployments])

    assert len(plan.edges) < 500
    assert [name.partition("-")[0] for name in names(plan)] == ["widget"] * 200 + ["web"] * 200


def test_what_an_annotation_names_in_vain_is_no_reason_to_keep_anything() -> None:
    plan = deletion_plan([a_config_map("one", depends_on="/Secret/lost"), a_config_map("two", wave="soon")])

    assert sorted(names(plan)) == ["one", "two"]


def test_objects_that_depend_on_each_other_are_still_ordered() -> None:
    one = a_config_map("one", depends_on="/namespaces/shop/ConfigMap/two")
    two = a_config_map("two", depends_on="/namespaces/shop/ConfigMap/one")
    plan = deletion_plan([one, two, a_namespace("shop")])

    assert names(plan)[-1] == "shop"
    assert not any(edge.hard for edge in plan.edges)


def test_nothing_is_a_plan_too() -> None:
    assert deletion_plan([]) == Plan(manifests=())
