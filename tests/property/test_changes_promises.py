"""What a field diff promises for any two states of an object: the right paths, and no secret anywhere."""

from __future__ import annotations

import json
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.apply import preview_plan
from brokkr_core.apply.difference.changes import changes
from brokkr_core.apply.difference.credentials import LAST_APPLIED
from brokkr_core.apply.difference.paths import changed_paths
from brokkr_core.apply.difference.sealing import Sealer
from brokkr_core.kube import KubeClient
from brokkr_core.model.events import ObjectFinished, RunFinished
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.outcome import Action, Outcome, Report
from brokkr_core.model.plan import Plan
from brokkr_core.model.wire import MANAGER
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_strategies import anything, bodies
from engine_support import a_ref, live, wanted

Pair: TypeAlias = tuple[JsonObject, JsonObject]

SEALER = Sealer(key=b"0123456789abcdef")
NAMES = st.sampled_from(["a", "b.c", "name", "annotations", "labels", "kind"])
CREDENTIALS = st.sampled_from(["DB_PASSWORD", "apiToken", "token", "secretKey", "API_KEY", "credentials"])
#: A secret nobody writes by chance, so that finding it means that it got out.
VALUES = st.uuids().map(lambda one: f"s3cr3t-{one.hex}")


def sealed_values(values: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    """Draw a secret value alone or with others around it."""
    return st.recursive(
        values,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
        max_leaves=3,
    )


@st.composite
def secretive(draw: st.DrawFn) -> JsonObject:
    """Draw an object that holds secrets in the places where they are known to stand, and nowhere else."""
    values = VALUES
    metadata: JsonObject = {}
    if draw(st.booleans()):
        metadata["annotations"] = {LAST_APPLIED: draw(values)}
    match draw(st.sampled_from(["Secret", "ConfigMap", "Deployment", "Gadget"])):
        case "Secret":
            data: JsonObject = {**draw(st.dictionaries(NAMES, values, max_size=3))}
            return live("Secret", metadata=metadata, data=data, stringData=data if draw(st.booleans()) else {})
        case "ConfigMap":
            config: JsonObject = {"plain": draw(NAMES), draw(CREDENTIALS): draw(values)}
            return live("ConfigMap", metadata=metadata, data=config)
        case "Deployment":
            env: list[Json] = [
                {"name": name, "value": draw(values)} for name in draw(st.lists(CREDENTIALS, max_size=3))
            ]
            args: list[Json] = ["--token", draw(values)] if draw(st.booleans()) else []
            containers: list[Json] = [{"name": draw(NAMES), "env": env, "args": args}]
            spec: JsonObject = {"template": {"spec": {"containers": containers}}}
            return live("Deployment", api_version="apps/v1", metadata=metadata, spec=spec)
        case _:
            inner: Json = {draw(CREDENTIALS): draw(sealed_values(values)), draw(NAMES): draw(st.integers(0, 2))}
            held: Json = [inner, inner] if draw(st.booleans()) else {draw(NAMES): inner}
            return live("Gadget", api_version="shop.example.com/v1", metadata=metadata, spec=held)


def secrets_of(body: JsonObject) -> set[str]:
    """Find the secrets of an object again."""
    return {word for word in json.dumps(body).replace('"', " ").split() if word.startswith("s3cr3t-")}


@given(before=secretive(), after=secretive(), known=st.booleans())
def test_no_secret_is_in_a_report_an_event_or_a_repr(before: JsonObject, after: JsonObject, *, known: bool) -> None:
    found = changes(before if known else None, after, SEALER)
    outcome = Outcome(ref=a_ref(), action=Action.CONFIGURED, changes=found)
    report = Report(outcomes=(outcome,), dry_run=True)
    told = json.dumps(report.to_json()) + repr(report) + str([*map(str, found)])
    told += repr(ObjectFinished(outcome=outcome)) + repr(RunFinished(report=report)) + repr(SEALER)
    held = [*map(str, (one.path for one in found))]

    for secret in secrets_of(before) | secrets_of(after):
        assert secret not in told, held


@given(before=bodies() | secretive(), after=bodies() | secretive())
def test_the_paths_are_those_of_changed_paths(before: JsonObject, after: JsonObject) -> None:
    assert tuple(one.path for one in changes(before, after, SEALER)) == changed_paths(before, after)


@given(before=anything, after=anything)
def test_every_change_has_a_side_and_differs_only_where_the_value_does(before: Json, after: Json) -> None:
    for one in changes({"spec": before}, {"spec": after}, SEALER):
        assert one.before is not None or one.after is not None
        assert one.before != one.after


@given(value=anything, other=anything)
def test_equal_values_have_equal_digests_and_others_have_others(value: Json, other: Json) -> None:
    def digest(held: Json) -> str | None:
        (change,) = changes(live("Secret"), live("Secret", data=[held]), SEALER)
        return change.after

    equal = json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest(value) == digest(other)) is equal


@given(values=st.lists(VALUES, min_size=2, max_size=2))
def test_a_dry_run_on_a_server_tells_no_secret(values: list[str]) -> None:
    with EmbeddedCluster() as cluster:
        client = KubeClient(cluster.transport())
        there = wanted(live("Secret", namespace="default", stringData={"password": values[0]}))
        client.apply(there.body, there.ref, manager=MANAGER, force=True)
        moved = wanted(live("Secret", namespace="default", stringData={"password": values[1]}))
        born = wanted(live("Secret", "new", namespace="default", stringData={"password": values[1]}))
        report = preview_plan(client, Plan(manifests=(moved, born)))
    told = json.dumps(report.to_json()) + repr(report)

    assert [one.action for one in report.outcomes] == [Action.CONFIGURED, Action.CREATED]
    assert {"data.password", "stringData.password"} <= {c.path for one in report.outcomes for c in one.changes}
    assert all(value not in told for value in values)
