"""The proof that an object is unchanged never holds where an apply would change something."""

from __future__ import annotations

from copy import deepcopy
from typing import cast

from hypothesis import event, given
from hypothesis import strategies as st

from brokkr_core.apply.preflight.proof import holds
from brokkr_core.model.json import Json, JsonObject, as_list, as_object
from brokkr_core.testing.cluster import EmbeddedCluster
from cluster_support import Client
from ssa_strategies import deployments

US, THEM = "us", "them"


def fresh_client() -> Client:
    return Client(EmbeddedCluster().transport())


@st.composite
def manifests(draw: st.DrawFn) -> JsonObject:
    """Deployments without a strategy: one that changes leaves numbers behind that the server then refuses."""
    body = draw(deployments())
    spec = {key: value for key, value in as_object(body["spec"]).items() if key != "strategy"}
    return {**body, "spec": spec}


@st.composite
def nearly(draw: st.DrawFn, body: JsonObject) -> JsonObject:
    """The same manifest with one field taken out or changed: the differences that are easiest to miss."""
    changed = deepcopy(body)
    path = draw(st.sampled_from(_leaves(body["spec"], ())))
    _set(changed["spec"], path, cast("Json", draw(st.sampled_from([None, "1", {}, []]))))
    return changed


@given(ours=manifests(), theirs=st.none() | manifests(), edited=st.none() | manifests(), data=st.data())
def test_where_it_holds_the_server_changes_nothing(
    ours: JsonObject, theirs: JsonObject | None, edited: JsonObject | None, data: st.DataObject
) -> None:
    client = fresh_client()
    client.apply(ours, manager=US).expect(201)
    if theirs is not None:
        client.apply(theirs, manager=THEM, force=True).expect(200)
    if edited is not None:
        client.replace(edited, fieldManager="editor").expect(200)
    live = client.read(ours).body
    for desired in (ours, data.draw(nearly(ours)), data.draw(manifests())):
        proven = holds(desired, live, manager=US)
        event(f"proven: {proven}, the same manifest: {desired == ours}")
        if proven:
            assert client.apply(desired, manager=US, dryRun="All").expect(200).body == live


@given(body=deployments(), data=st.data())
def test_a_changed_value_of_ours_is_seen_whoever_changed_it(body: JsonObject, data: st.DataObject) -> None:
    client = fresh_client()
    live = client.apply(body, manager=US).expect(201).body
    leaves = list(_leaves(deepcopy(body["spec"]), ()))
    path = data.draw(st.sampled_from(leaves))
    moved = deepcopy(live)
    _set(moved["spec"], path, "somebody's")

    assert not holds(body, moved, manager=US)


@given(body=deployments())
def test_it_holds_for_nobody_else_and_for_no_other_version(body: JsonObject) -> None:
    live = fresh_client().apply(body, manager=US).expect(201).body

    assert not holds(body, live, manager=THEM)
    assert not holds({**body, "apiVersion": "apps/v2"}, live, manager=US)


def _leaves(value: Json, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict) and value:
        return [leaf for key, member in value.items() for leaf in _leaves(member, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for at, member in enumerate(value) for leaf in _leaves(member, (*path, at))]
    return [path]


def _set(value: Json, path: tuple[str | int, ...], new: Json) -> None:
    for step in path[:-1]:
        value = as_list(value)[step] if isinstance(step, int) else as_object(value).setdefault(step, {})
    last = path[-1]
    if isinstance(last, int):
        cast("list[Json]", value)[last] = new
    else:
        cast("JsonObject", value)[last] = new
