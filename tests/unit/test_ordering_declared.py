"""What users declare: depends-on and wave; and the faults that stop a bundle, all told at once."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_core.errors import CycleError, DuplicateObjectError, InputErrors, ManifestError
from brokkr_core.model.json import Json
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import EdgeKind
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import DEPENDS_ON, WAVE
from brokkr_core.ordering import order
from brokkr_core.ordering.edges.declared import parse_dependency
from ordering_objects import (
    a_config_map,
    a_crd,
    a_deployment,
    a_namespace,
    a_resource,
    an_object,
    edge_between,
    places,
    written_at,
)


def faults_of(*manifests: Manifest) -> list[str]:
    with pytest.raises(InputErrors) as caught:
        order(manifests)
    assert all(isinstance(error, ManifestError) for error in caught.value.errors)
    return [str(error) for error in caught.value.errors]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("apps/namespaces/shop/Deployment/web", ("apps", "Deployment", "shop", "web")),
        ("/namespaces/shop/Secret/key", ("", "Secret", "shop", "key")),
        ("/Namespace/shop", ("", "Namespace", "", "shop")),
        ("rbac.authorization.k8s.io/ClusterRole/a:b", ("rbac.authorization.k8s.io", "ClusterRole", "", "a:b")),
    ],
)
def test_an_entry_is_read_by_the_grammar(entry: str, expected: tuple[str, str, str, str]) -> None:
    group, kind, namespace, name = expected
    assert parse_dependency(entry) == ObjectRef(group=group, kind=kind, namespace=namespace, name=name)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "web",
        "Secret/key",
        "/Secret/",
        "//key",
        "apps/namespaces//Deployment/web",
        "a/b/c/d",
        "a/x/s/K/n",
        "a/b/c/d/e/f",
    ],
)
def test_an_entry_outside_the_grammar_is_no_dependency(entry: str) -> None:
    assert parse_dependency(entry) is None


def test_a_declared_dependency_goes_first() -> None:
    first, web = a_config_map("zz"), a_deployment("web")
    last = a_config_map("aa", depends_on="/namespaces/shop/ConfigMap/zz , apps/namespaces/shop/Deployment/web")
    plan = order([last, first, web])
    for before in (first, web):
        edge = edge_between(plan, before, last)
        assert edge is not None
        assert (edge.kind, edge.hard) == (EdgeKind.DEPENDS_ON, True)
        assert edge.because == "its annotation config.kubernetes.io/depends-on names this object"


def test_every_bad_entry_of_every_object_is_told_with_document_and_line() -> None:
    one = written_at(a_config_map("one", depends_on="nonsense,/namespaces/shop/Secret/gone"), 1, 3)
    two = written_at(a_config_map("two", depends_on="/namespaces/shop/ConfigMap/two"), 2, 9)
    waved = written_at(a_config_map("waved", wave="soon"), 3, 17)
    path = "metadata.annotations[config.kubernetes.io/depends-on]"
    told = faults_of(waved, two, one)
    assert len(told) == 4
    assert told[0].startswith(
        f"bundle.yaml:3 (document 1): {path}: ConfigMap/shop/one: '/namespaces/shop/Secret/gone' is not in this bundle"
    )
    assert told[1].startswith(
        f"bundle.yaml:3 (document 1): {path}: ConfigMap/shop/one: 'nonsense' is not of the form group/kind/name"
    )
    assert told[2].startswith(f"bundle.yaml:9 (document 2): {path}: ConfigMap/shop/two: ")
    assert "is the object itself" in told[2]
    assert told[3].startswith(
        "bundle.yaml:17 (document 3): metadata.annotations[brokkr.io/wave]: ConfigMap/shop/waved: 'soon' is no wave"
    )


@pytest.mark.parametrize(
    ("key", "value"), [(DEPENDS_ON, ["/Namespace/shop"]), (WAVE, 1), (WAVE, True), (DEPENDS_ON, 7)]
)
def test_an_annotation_that_is_no_text_is_a_fault_and_not_ignored(key: str, value: Json) -> None:
    odd = an_object("v1", "ConfigMap", "odd", "shop", annotations={key: value})
    assert len(faults_of(odd)) == 1


@pytest.mark.parametrize("wave", ["1.5", "", " 1", "1001", "-1001", "٣", "0x1", "99999999999999999999"])
def test_a_wave_must_be_a_whole_number_within_the_limits(wave: str) -> None:
    odd = an_object("v1", "ConfigMap", "odd", "shop", annotations={WAVE: wave})
    assert len(faults_of(odd)) == 1


def test_a_lower_wave_goes_before_a_higher_one_whatever_the_kinds() -> None:
    first, second, third = (a_config_map("z", wave="-1"), a_config_map("y", wave="+0"), a_config_map("x", wave="10"))
    plan = order([third, first, second, a_config_map("a")])
    at = places(plan)
    assert at["ConfigMap/shop/z"] < at["ConfigMap/shop/y"] < at["ConfigMap/shop/x"]
    edge = edge_between(plan, second, third)
    assert edge is not None
    assert (edge.kind, edge.hard, edge.because) == (EdgeKind.WAVE, True, "wave 10 comes after wave 0")


def test_an_object_without_a_wave_is_not_held_by_waves() -> None:
    plan = order([a_config_map("a", wave="0"), a_config_map("b", wave="1"), a_config_map("free")])
    assert all("free" not in {edge.before.name, edge.after.name} for edge in plan.edges)


def test_the_edges_of_large_waves_grow_with_the_objects_and_not_with_the_pairs() -> None:
    bundle = [a_config_map(f"c{wave}-{number}", wave=str(wave)) for wave in range(3) for number in range(200)]
    plan = order(bundle)
    assert len(plan.edges) <= 2 * (200 + 200)
    at = places(plan)
    for lower in range(2):
        last = max(at[f"ConfigMap/shop/c{lower}-{number}"] for number in range(200))
        assert all(at[f"ConfigMap/shop/c{lower + 1}-{number}"] > last for number in range(200))
    reasons = {edge.because for edge in plan.edges}
    assert "it closes wave 0, and wave 1 comes after wave 0" in reasons
    assert "wave 1 comes after wave 0, which this object closes" in reasons


def test_the_gate_of_a_large_wave_respects_the_order_inside_the_wave() -> None:
    """The object that comes last by name must go first; a gate chosen by name would close a circle."""
    names = [f"c{number:02}" for number in range(40)]
    needed = "/namespaces/shop/ConfigMap/c39"
    lower = [a_config_map(name, wave="0", depends_on="" if name == "c39" else needed) for name in names]
    upper = [a_config_map(f"d{number:02}", wave="1") for number in range(40)]
    plan = order([*upper, *lower])
    assert plan.manifests[0].ref.name == "c39"
    assert {manifest.ref.name for manifest in plan.manifests[:40]} == set(names)


def test_a_wave_against_a_dependency_is_a_circle_with_both_reasons() -> None:
    early = a_config_map("early", wave="1", depends_on="/namespaces/shop/ConfigMap/late")
    late = a_config_map("late", wave="2")
    with pytest.raises(CycleError) as caught:
        order([early, late])
    assert caught.value.hops == (
        (
            "ConfigMap/shop/early waits for ConfigMap/shop/late:"
            " its annotation config.kubernetes.io/depends-on names this object"
        ),
        "ConfigMap/shop/late waits for ConfigMap/shop/early: wave 2 comes after wave 1",
    )


def test_a_resource_of_a_version_its_crd_does_not_serve_is_refused_with_its_place() -> None:
    crd = a_crd("Widget", served=("v1", "v1beta1"), not_served=("v1alpha1",))
    old = written_at(a_resource("Widget", "old", version="v1alpha1"), 4, 40)
    assert faults_of(crd, old, a_resource("Widget", "new")) == [
        (
            "bundle.yaml:40 (document 4): apiVersion: Widget/shop/old:"
            " CustomResourceDefinition/widgets.example.com of this bundle does not serve version 'v1alpha1' of"
            " Widget.example.com; use one of v1, v1beta1, or let it serve this one"
        )
    ]


def test_the_version_of_an_old_style_crd_is_understood() -> None:
    spec: dict[str, Json] = {"group": "example.com", "names": {"kind": "Widget"}, "version": "v1"}
    crd = an_object(
        "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "widgets.example.com", body={"spec": spec}
    )
    widget = a_resource("Widget", "w")
    assert order([widget, crd]).manifests == (crd, widget)
    assert len(faults_of(crd, a_resource("Widget", "w", version="v2"))) == 1


def test_every_object_that_stands_twice_is_named_with_all_its_places() -> None:
    web = a_deployment("web")
    beta = evolve(web, ref=evolve(web.ref, version="v1beta1"))
    settings = a_config_map("settings")
    bundle = [
        written_at(settings, 9, 90),
        written_at(web, 1, 1),
        written_at(beta, 2, 20, "other.yaml"),
        written_at(settings, 3, 30),
        written_at(settings, 4, 40),
        a_namespace("shop"),
    ]
    with pytest.raises(DuplicateObjectError) as caught:
        order(bundle)
    assert str(caught.value).splitlines() == [
        (
            "ConfigMap/shop/settings stands 3 times in the bundle: bundle.yaml:30 (document 3) and"
            " bundle.yaml:40 (document 4) and bundle.yaml:90 (document 9); keep one of them"
        ),
        (
            "Deployment/shop/web stands 2 times in the bundle: bundle.yaml:1 (document 1) and"
            " other.yaml:20 (document 2); keep one of them"
        ),
    ]


def test_the_same_name_in_another_group_or_namespace_is_another_object() -> None:
    bundle = [
        a_resource("Service", "web", group="serving.knative.dev"),
        an_object("v1", "Service", "web", "shop"),
        an_object("v1", "Service", "web", "other"),
    ]
    assert len(order(bundle).manifests) == 3


def test_separate_circles_are_all_told_the_shortest_first() -> None:
    long = [
        a_config_map(f"l{number}", depends_on=f"/namespaces/shop/ConfigMap/l{(number + 1) % 3}") for number in range(3)
    ]
    short = [a_config_map(f"s{number}", depends_on=f"/namespaces/shop/ConfigMap/s{1 - number}") for number in range(2)]
    with pytest.raises(CycleError) as caught:
        order([*long, *short])
    lines = str(caught.value).splitlines()
    assert lines[0] == "the dependencies go round in a circle of 2; take one of them away:"
    assert lines[3] == "the dependencies go round in a circle of 3; take one of them away:"
    assert lines[1:3] == [f"  {hop}" for hop in caught.value.hops]


def test_many_separate_circles_are_counted_and_not_all_printed() -> None:
    bundle = []
    for pair in range(7):
        for number in range(2):
            other = f"/namespaces/shop/ConfigMap/p{pair}-{1 - number}"
            bundle.append(a_config_map(f"p{pair}-{number}", depends_on=other))
    with pytest.raises(CycleError) as caught:
        order(bundle)
    assert str(caught.value).splitlines()[-1] == "and 2 more circles that share no object with these"
