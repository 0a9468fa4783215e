"""Deleting is the last thing we do and the one we check most: every guard, against a live cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from attrs import evolve

from brokkr_agent.reconcile import Revision
from brokkr_core.apply import PruneRefusedError
from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ref_of
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_play import QUICK, actions, live, writes
from prune_support import RULES, STAMP, Lab, outcome_of
from stage_support import config_map


@pytest.fixture
def lab() -> Iterator[Lab]:
    with EmbeddedCluster() as cluster:
        yield Lab(cluster)


def annotated(**annotations: str | None) -> Callable[[JsonObject], JsonObject]:
    def change(metadata: JsonObject) -> JsonObject:
        merged = {**as_object(metadata.get("annotations")), **annotations}
        return {**metadata, "annotations": {key: value for key, value in merged.items() if value is not None}}

    return change


def test_what_left_the_stack_is_deleted_after_the_rest_is_applied(lab: Lab) -> None:
    lab.deploy(config_map("stays"), config_map("leaves"))
    lab.cluster.requests.clear()
    report = lab.deploy(config_map("stays", a="2"))

    assert actions(report)["ConfigMap/default/leaves"] == "pruned"
    done = writes(lab.cluster)
    deleted = next(place for place, one in enumerate(done) if one.startswith("DELETE"))
    applied = next(place for place, one in enumerate(done) if one.endswith("/configmaps/stays"))
    assert applied < deleted


def test_nothing_is_pruned_when_something_failed(lab: Lab) -> None:
    lab.deploy(config_map("stays"), config_map("leaves"))
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: never, namespace: default, "
        "annotations: {brokkr.io/idempotent: 'true'}}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}\n"
    )
    report = lab.deploy(config_map("stays"), job, rules=evolve(RULES, apply=evolve(QUICK, ready_timeout_seconds=0.1)))

    assert not report.ok
    assert report.verdict == "VERIFIED_EXACT"
    assert live(lab.client, "ConfigMap", "leaves") is not None
    assert live(lab.client, "Job", "never", api="batch/v1") is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (annotated(**{"brokkr.io/owner-id": "somebody-else"}), "NotOurs"),
        (annotated(**{"k8s.brokkr.io/stack": "another"}), "NotOurs"),
        (annotated(**{"brokkr.io/owner-id": None}), "NotOurs"),
        (annotated(**{"brokkr.io/prune": "disabled"}), "PruneDisabled"),
        (
            lambda metadata: {
                **metadata,
                "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u"}],
            },
            "Owned",
        ),
    ],
    ids=["other owner", "other stack", "annotation taken away", "prune disabled", "owned by an object"],
)
def test_an_object_that_is_not_plainly_ours_is_kept_and_reported(
    lab: Lab, change: Callable[[JsonObject], JsonObject], code: str
) -> None:
    lab.deploy(config_map("stays"), config_map("leaves"))
    lab.edit("leaves", change)
    lab.cluster.requests.clear()
    report = lab.deploy(config_map("stays"))

    kept = next(outcome for outcome in report.outcomes if outcome.ref.name == "leaves")
    assert (str(kept.action), kept.code) == ("skipped", code)
    assert lab.deleted() == []


def test_an_object_that_was_replaced_by_another_of_the_same_name_is_kept(lab: Lab) -> None:
    lab.deploy(config_map("stays"), config_map("leaves"))
    body = live(lab.client, "ConfigMap", "leaves")
    assert body is not None
    lab.client.delete(ref_of(body), uid=str(dig(body, "metadata", "uid")))
    marks: JsonObject = dict(STAMP.annotations())
    metadata: JsonObject = {"name": "leaves", "namespace": "default", "annotations": marks}
    again: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    lab.client.apply(again, ref_of(body), manager="somebody-else")
    report = lab.deploy(config_map("stays"))

    assert actions(report)["ConfigMap/default/leaves"] == "skipped"
    assert live(lab.client, "ConfigMap", "leaves") is not None


def test_namespaces_are_never_pruned(lab: Lab) -> None:
    lab.deploy("apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n", config_map("in", namespace="lab"))
    report = lab.deploy(config_map("elsewhere"))

    assert actions(report)["Namespace/lab"] == "skipped"
    assert actions(report)["ConfigMap/lab/in"] == "pruned"


def test_an_empty_revision_is_refused_and_a_deletion_marker_is_not(lab: Lab) -> None:
    lab.deploy(config_map("one"), config_map("two"))
    lab.cluster.requests.clear()
    with pytest.raises(PruneRefusedError, match="deletion marker"):
        lab.deploy()
    assert writes(lab.cluster) == []

    report = lab.deploy(removal=True)
    assert set(actions(report).values()) == {"pruned"}
    assert lab.store.stacks("us") == []


def test_a_prune_over_budget_is_refused_before_the_first_write(lab: Lab) -> None:
    lab.deploy(*(config_map(f"c{number}") for number in range(30)))
    lab.cluster.requests.clear()
    with pytest.raises(PruneRefusedError, match="29 of 30 objects"):
        lab.deploy(config_map("c0", a="changed"))

    assert writes(lab.cluster) == []
    assert dig(live(lab.client, "ConfigMap", "c0"), "data", "a") == "b"


def test_a_finalizer_that_hangs_is_named_and_the_object_stays_in_the_inventory(lab: Lab) -> None:
    lab.deploy(config_map("stays"), config_map("leaves"))
    lab.edit("leaves", lambda metadata: {**metadata, "finalizers": ["example.com/never"]})
    report = lab.deploy(config_map("stays"))

    stuck = next(outcome for outcome in report.outcomes if outcome.ref.name == "leaves")
    assert (str(stuck.action), "example.com/never" in stuck.message) == ("timed-out", True)
    inventory = lab.store.load(Revision(stamp=STAMP).key)
    assert inventory is not None
    assert "leaves" in {entry.ref.name for entry in inventory.entries}


def test_a_stack_never_touches_the_objects_of_another(lab: Lab) -> None:
    lab.deploy(config_map("theirs"), stack="other")
    lab.deploy(config_map("ours"))
    lab.deploy(removal=True)

    assert live(lab.client, "ConfigMap", "theirs") is not None
    assert live(lab.client, "ConfigMap", "ours") is None


def test_the_inventory_names_everything_before_the_first_object_is_written(lab: Lab) -> None:
    lab.deploy(config_map("one"))
    lab.cluster.requests.clear()
    lab.deploy(config_map("two"))

    done = writes(lab.cluster)
    before = done[: next(place for place, one in enumerate(done) if one.endswith("/configmaps/two"))]
    assert before
    assert all("/configmaps/brokkr-inventory-" in one for one in before)
    assert before[1].endswith(Revision(stamp=STAMP).key.object_name)


def test_a_first_revision_that_failed_leaves_no_inventory_behind(lab: Lab) -> None:
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: never, namespace: default, "
        "annotations: {brokkr.io/idempotent: 'true'}}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}\n"
    )
    report = lab.deploy(job, rules=evolve(RULES, apply=evolve(QUICK, ready_timeout_seconds=0.1)))

    assert report.verdict == "VERIFIED_EXACT"
    assert lab.store.load(Revision(stamp=STAMP).key) is None


def test_without_an_inventory_the_stacks_objects_are_found_by_their_annotations(lab: Lab) -> None:
    lab.deploy(config_map("one"), config_map("two"))
    lab.store.forget(Revision(stamp=STAMP).key)
    report = lab.deploy(config_map("one"))

    assert actions(report)["ConfigMap/default/two"] == "pruned"


def test_what_a_rollback_brought_back_under_a_new_uid_is_still_ours_to_prune(lab: Lab) -> None:
    fixed = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: {a: 'VALUE'}\n"
    failing = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: never, "
        "annotations: {brokkr.io/idempotent: 'true', "
        "config.kubernetes.io/depends-on: /namespaces/default/ConfigMap/fixed}}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}\n"
    )
    quick = evolve(RULES.apply, recreate=True, ready_timeout_seconds=0.2)
    assert lab.deploy(fixed.replace("VALUE", "1"), config_map("other")).ok
    report = lab.deploy(fixed.replace("VALUE", "2"), config_map("other"), failing, rules=evolve(RULES, apply=quick))
    assert outcome_of(report, "fixed").action is Action.RECREATED
    assert report.verdict == "VERIFIED_EQUIVALENT"

    assert outcome_of(lab.deploy(config_map("other")), "fixed").action is Action.PRUNED
