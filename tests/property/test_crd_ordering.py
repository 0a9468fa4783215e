"""What brokkr promises about the order of custom resources and of everything around them.

Each test is one sentence of the promise. The bundles are drawn at random: namespaces, definitions and their
resources, operators with webhooks, workloads and what they name; some parts of each are missing.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from brokkr_core.errors import CycleError, DuplicateObjectError, InputErrors
from brokkr_core.model.json import dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import EdgeKind, Plan
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import WAVE
from brokkr_core.ordering import delete_order, order, reversed_order
from ordering_objects import (
    a_config_map,
    a_crd,
    a_deployment,
    a_namespace,
    a_resource,
    a_rule,
    a_service,
    a_webhook,
    a_webhook_configuration,
    edge_between,
    written_at,
)
from strategies import bundles, declared_bundles, dependency, names, namespaces, shuffled

promise = settings(deadline=None, max_examples=100)


def place_of(plan: Plan) -> dict[ObjectRef, int]:
    return {manifest.ref: place for place, manifest in enumerate(plan.manifests)}


def complaint_about(bundle: list[Manifest]) -> CycleError | None:
    try:
        order(bundle)
    except CycleError as error:
        return error
    return None


def order_if_possible(bundle: list[Manifest]) -> Plan:
    assume(complaint_about(bundle) is None)
    return order(bundle)


@promise
@given(bundles())
def test_a_definition_always_goes_before_its_resources(bundle: list[Manifest]) -> None:
    place = place_of(order(bundle))
    definitions = [one for one in bundle if one.ref.kind == "CustomResourceDefinition"]
    for definition in definitions:
        for resource in bundle:
            if dig(definition.body, "spec", "names", "kind") == resource.ref.kind:
                assert place[definition.ref] < place[resource.ref]


@promise
@given(bundles())
def test_a_namespace_always_goes_before_what_lives_in_it(bundle: list[Manifest]) -> None:
    place = place_of(order(bundle))
    for inhabitant in bundle:
        home = ObjectRef(group="", kind="Namespace", name=inhabitant.ref.namespace)
        assert place.get(home, -1) < place[inhabitant.ref]


@promise
@given(declared_bundles(), st.data())
def test_the_plan_is_the_same_for_every_permutation_of_the_bundle(bundle: list[Manifest], data: st.DataObject) -> None:
    plan = order_if_possible(bundle)
    assert order(data.draw(shuffled(bundle))) == plan


@promise
@given(declared_bundles(), st.data())
def test_the_complaint_is_the_same_for_every_permutation_of_the_bundle(
    bundle: list[Manifest], data: st.DataObject
) -> None:
    complaint = complaint_about(bundle)
    assume(complaint)
    assert str(complaint_about(data.draw(shuffled(bundle)))) == str(complaint)


@promise
@given(declared_bundles())
def test_the_order_keeps_every_object_and_violates_no_edge(bundle: list[Manifest]) -> None:
    plan = order_if_possible(bundle)
    place = place_of(plan)
    assert sorted(place) == sorted(manifest.ref for manifest in bundle)
    assert all(place[edge.before] < place[edge.after] for edge in plan.edges)
    assert all(edge.because for edge in plan.edges)


@promise
@given(declared_bundles())
def test_what_stands_in_one_layer_may_run_together(bundle: list[Manifest]) -> None:
    plan = order_if_possible(bundle)
    layer = {ref: number for number, wave in enumerate(plan.waves) for ref in wave}
    assert sorted(layer) == sorted(manifest.ref for manifest in bundle)
    assert all(layer[edge.before] < layer[edge.after] for edge in plan.edges)


@promise
@given(declared_bundles())
def test_an_unrelated_object_changes_nothing_in_the_order_of_the_others(bundle: list[Manifest]) -> None:
    stranger = a_resource("Stranger", "m", "elsewhere", group="unrelated.io")
    before, after = order_if_possible(bundle), order([stranger, *bundle])
    related = {ref for edge in (*after.edges, *after.dropped) for ref in (edge.before, edge.after)}
    assume(stranger.ref not in related)
    assert [manifest for manifest in after.manifests if manifest != stranger] == list(before.manifests)
    assert (after.edges, after.dropped) == (before.edges, before.dropped)


@promise
@given(bundles())
def test_soft_dependencies_never_make_a_bundle_unorderable(bundle: list[Manifest]) -> None:
    """Nothing in these bundles is hard both ways, so there is an order, however the advice goes round."""
    plan = order(bundle)
    assert len(plan.manifests) == len(bundle)
    assert not any(edge.hard for edge in plan.dropped)


@promise
@given(bundles())
def test_advice_is_only_dropped_against_something_that_stands(bundle: list[Manifest]) -> None:
    plan = order(bundle)
    place = place_of(plan)
    assert all(place[edge.before] > place[edge.after] for edge in plan.dropped)


@promise
@given(bundles(), st.sampled_from(("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")), st.data())
def test_an_operator_starts_then_its_webhook_then_the_resources_it_looks_at(
    rest: list[Manifest], kind: str, data: st.DataObject
) -> None:
    definition = a_crd("Valve", "valves.io")
    service = a_service("operator", "operators", {"app": "operator"})
    operator = a_deployment("operator", "operators", pods={"app": "operator"})
    configuration = a_webhook_configuration(
        "zz-operator",
        a_webhook(a_rule("valves", groups=("valves.io",)), service=("operators", "operator")),
        kind=kind,
    )
    valve = a_resource("Valve", "main", group="valves.io")
    bundle = [valve, configuration, operator, service, definition, a_namespace("operators"), *rest]
    plan = order(data.draw(shuffled(bundle)))
    place = place_of(plan)
    assert max(place[service.ref], place[operator.ref]) < place[configuration.ref] < place[valve.ref]
    assert place[definition.ref] < place[valve.ref]
    advice = edge_between(plan, configuration, valve, EdgeKind.WEBHOOK)
    assert advice is not None
    assert "intercepts it" in advice.because


@promise
@given(st.permutations(range(6)), st.integers(2, 6))
def test_a_circle_of_hard_dependencies_is_always_reported_and_is_the_shortest(numbers: list[int], length: int) -> None:
    """A ring of known length, with a longer way round through every object left over."""
    refs = [a_config_map(f"c{number}") for number in numbers]
    ring, detour = refs[:length], refs[length:]
    waits_for: dict[ObjectRef, list[Manifest]] = {one.ref: [] for one in refs}
    for before, after in pairwise([*ring, ring[0]]):
        waits_for[after.ref].append(before)
    for before, after in pairwise([ring[-1], *detour, ring[0]]):
        waits_for[after.ref].append(before)
    bundle = [
        a_config_map(one.ref.name, depends_on=",".join(dependency(other) for other in waits_for[one.ref]))
        for one in refs
    ]
    with pytest.raises(CycleError) as caught:
        order(bundle)
    hops = caught.value.hops
    assert len(hops) == length
    named = {f"{after.ref} waits for {before.ref}" for before, after in pairwise([*ring, ring[0]])}
    assert {hop.split(":")[0] for hop in hops} == named
    assert all("names this object" in hop for hop in hops)


@promise
@given(declared_bundles())
def test_a_reported_circle_is_real_and_closes(bundle: list[Manifest]) -> None:
    error = complaint_about(bundle)
    assume(error)
    assert isinstance(error, CycleError)
    ends = [hop.partition(": ")[0].split(" waits for ") for hop in error.hops]
    known = {str(manifest.ref) for manifest in bundle}
    assert all(after in known and before in known for after, before in ends)
    assert all(here[1] == there[0] for here, there in pairwise([*ends, ends[0]]))
    assert str(error).splitlines()[1:][: len(error.hops)] == [f"  {hop}" for hop in error.hops]


@promise
@given(declared_bundles())
def test_a_lower_wave_is_over_before_a_higher_one_begins(bundle: list[Manifest]) -> None:
    place = place_of(order_if_possible(bundle))
    waved = [(int(one.annotations[WAVE]), place[one.ref]) for one in bundle if WAVE in one.annotations]
    for wave, at in waved:
        assert all(at < other for higher, other in waved if higher > wave)


@promise
@given(bundles(), st.integers(2, 3), st.data())
def test_an_object_that_stands_twice_is_refused_and_both_places_are_named(
    bundle: list[Manifest], times: int, data: st.DataObject
) -> None:
    assume(bundle)
    twin = data.draw(st.sampled_from(bundle))
    twins = [written_at(twin, number, 100 + number) for number in range(1, times + 1)]
    others = [one for one in bundle if one.ref != twin.ref]
    with pytest.raises(DuplicateObjectError) as caught:
        order(data.draw(shuffled([*others, *twins])))
    told = str(caught.value)
    assert str(twin.ref) in told
    assert all(str(one.origin) in told for one in twins)


@promise
@given(st.lists(st.sampled_from(("v1", "v1beta1", "v2")), min_size=1, max_size=4), names, namespaces)
def test_every_resource_of_a_version_that_is_not_served_is_told_at_once(
    versions: list[str], name: str, namespace: str
) -> None:
    resources = [
        written_at(a_resource("Widget", f"{name}{number}", namespace, version=version), number + 1, number + 1)
        for number, version in enumerate(versions)
    ]
    unserved = [one for one in resources if one.ref.version == "v2"]
    bundle = [*resources, a_crd("Widget", served=("v1", "v1beta1"), not_served=("v2",))]
    if not unserved:
        assert len(order(bundle).manifests) == len(bundle)
        return
    with pytest.raises(InputErrors) as caught:
        order(bundle)
    assert [str(one.ref) in str(error) for one, error in zip(unserved, caught.value.errors, strict=True)] == [
        True for _ in unserved
    ]


@promise
@given(declared_bundles(), st.data())
def test_deletion_takes_everything_before_what_it_depends_on(bundle: list[Manifest], data: st.DataObject) -> None:
    plan = order_if_possible(bundle)
    assert [one.ref for one in reversed_order(plan)] == [one.ref for one in plan.manifests][::-1]
    leaving = data.draw(st.sets(st.sampled_from([one.ref for one in bundle]))) if bundle else set()
    place = {ref: position for position, ref in enumerate(delete_order(leaving, plan.edges))}
    assert set(place) == leaving
    for edge in plan.edges:
        if edge.before in leaving and edge.after in leaving:
            assert place[edge.after] < place[edge.before]
