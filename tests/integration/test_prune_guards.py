"""What a deletion could take along: namespaces, definitions, claims; and what a preview says of it beforehand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from brokkr_core.apply import TakeAlong
from brokkr_core.model.json import JsonObject, as_object, text_map
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef
from brokkr_core.testing.cluster import EmbeddedCluster
from brokkr_core.testing.cluster.stuck import hold
from engine_play import live, writes
from prune_support import CRD, RULES, WIDGET, Lab, outcome_of
from stage_support import config_map

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n"
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, volumeName: disk}
"""
OPEN = evolve(RULES, prune=evolve(RULES.prune, protected=frozenset()))


@pytest.fixture
def lab() -> Iterator[Lab]:
    with EmbeddedCluster() as cluster:
        yield Lab(cluster)


def taking(**what: bool) -> TakeAlong:
    return TakeAlong(**what)


def somebody_writes(lab: Lab, kind: str, name: str, *, namespace: str, group: str = "") -> None:
    ref = ObjectRef(group=group, version="v1", kind=kind, namespace=namespace, name=name)
    metadata: JsonObject = {"name": name, "namespace": namespace}
    lab.client.apply({"apiVersion": ref.api_version, "kind": kind, "metadata": metadata}, ref, manager="them")


def said(outcome: Outcome) -> tuple[str, str]:
    return str(outcome.action), outcome.code


def test_an_empty_namespace_goes_after_what_was_in_it(lab: Lab) -> None:
    lab.deploy(NAMESPACE, config_map("ours", namespace="lab"))
    report = lab.deploy(removal=True, rules=OPEN)

    assert {outcome.action for outcome in report.outcomes} == {Action.PRUNED}
    assert lab.deleted()[-1] == "/api/v1/namespaces/lab"


def test_a_namespace_that_holds_something_of_others_stays(lab: Lab) -> None:
    lab.deploy(NAMESPACE, config_map("ours", namespace="lab"))
    somebody_writes(lab, "ConfigMap", "theirs", namespace="lab")
    previewed = outcome_of(lab.preview(removal=True, rules=OPEN), "lab")
    report = lab.deploy(removal=True, rules=OPEN)
    kept = outcome_of(report, "lab")

    assert said(kept) == said(previewed) == ("skipped", "HasContent")
    assert "ConfigMap/lab/theirs" in kept.message
    assert outcome_of(report, "ours").action is Action.PRUNED


def test_content_of_a_kind_that_came_meanwhile_is_seen(lab: Lab) -> None:
    lab.deploy(NAMESPACE)
    others = Lab(lab.cluster)
    others.deploy(CRD, stack="other")
    somebody_writes(others, "Widget", "theirs", namespace="lab", group="example.com")

    assert said(outcome_of(lab.deploy(removal=True, rules=OPEN), "lab")) == ("skipped", "HasContent")


def test_a_namespace_that_holds_something_of_ours_that_is_kept_stays(lab: Lab) -> None:
    keep = config_map("ours", namespace="lab").replace(
        "  name: ours\n", "  name: ours\n  annotations: {brokkr.io/prune: disabled}\n"
    )
    lab.deploy(NAMESPACE, keep)
    report = lab.deploy(removal=True, rules=OPEN)

    assert said(outcome_of(report, "ours")) == ("skipped", "PruneDisabled")
    assert said(outcome_of(report, "lab")) == ("skipped", "HasContent")


def test_a_namespace_may_take_others_along_when_the_policy_says_so(lab: Lab) -> None:
    lab.deploy(NAMESPACE)
    somebody_writes(lab, "ConfigMap", "theirs", namespace="lab")
    report = lab.deploy(removal=True, rules=evolve(OPEN, prune=evolve(OPEN.prune, take_along=taking(content=True))))

    assert outcome_of(report, "lab").action is Action.PRUNED


def test_a_definition_with_objects_of_others_stays_unless_the_policy_says_otherwise(lab: Lab) -> None:
    lab.deploy(CRD, WIDGET)
    somebody_writes(lab, "Widget", "theirs", namespace="default", group="example.com")
    kept = outcome_of(lab.preview(removal=True, rules=OPEN), "widgets.example.com")
    generous = evolve(OPEN, prune=evolve(OPEN.prune, take_along=taking(instances=True)))
    report = lab.deploy(removal=True, rules=generous)

    assert said(kept) == ("skipped", "HasContent")
    assert "Widget/default/theirs" in kept.message
    assert outcome_of(report, "widgets.example.com").action is Action.PRUNED


def test_a_bound_claim_stays_even_when_claims_are_not_protected(lab: Lab) -> None:
    lab.deploy(CLAIM)
    report = lab.deploy(removal=True, rules=OPEN)

    assert said(outcome_of(report, "data")) == ("skipped", "Bound")
    assert live(lab.client, "PersistentVolumeClaim", "data") is not None


def test_a_namespace_that_does_not_go_quotes_what_its_controller_says(lab: Lab) -> None:
    lab.deploy(NAMESPACE)
    somebody_writes(lab, "ConfigMap", "theirs", namespace="lab")
    hold(lab.cluster, "/api/v1/namespaces/lab/configmaps/theirs")
    generous = evolve(OPEN, prune=evolve(OPEN.prune, take_along=taking(content=True)))
    stuck = outcome_of(lab.deploy(removal=True, rules=generous), "lab")

    assert stuck.action is Action.TIMED_OUT
    assert "finalizers: kubernetes (objects in it are still there)" in stuck.message


def test_an_object_that_somebody_is_deleting_is_waited_for(lab: Lab) -> None:
    lab.deploy(config_map("stays"), config_map("leaves"))
    hold(lab.cluster, "/api/v1/namespaces/default/configmaps/leaves")
    body = live(lab.client, "ConfigMap", "leaves")
    assert body is not None
    lab.client.delete(
        ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name="leaves"),
        uid=str(as_object(body["metadata"])["uid"]),
    )
    lab.cluster.requests.clear()
    stuck = outcome_of(lab.deploy(config_map("stays")), "leaves")

    assert said(stuck) == ("timed-out", "Terminating")
    assert lab.deleted() == []


def test_an_edit_at_the_last_moment_that_keeps_the_object_is_honoured(lab: Lab) -> None:
    """The object is looked at, then its owner says keep it, then it would be deleted."""
    lab.deploy(config_map("stays"), config_map("leaves"))

    def edit() -> bool:
        done = [one for one in writes(lab.cluster) if one.endswith("/configmaps/stays")]
        if done and not edited:
            edited.append(True)
            lab.edit("leaves", _disabled)
        return False

    edited: list[bool] = []
    lab.cluster.requests.clear()
    lab.stop = edit
    kept = outcome_of(lab.deploy(config_map("stays", a="2")), "leaves")

    assert edited
    assert said(kept) == ("skipped", "PruneDisabled")


def _disabled(metadata: JsonObject) -> JsonObject:
    annotations: JsonObject = {**text_map(metadata.get("annotations")), "brokkr.io/prune": "disabled"}
    return {**metadata, "annotations": annotations}


def test_a_preview_says_of_each_object_whether_it_goes_and_why_not(lab: Lab) -> None:
    lab.deploy(NAMESPACE, *(config_map(name) for name in ("stays", "goes", "gone", "kept")))
    lab.edit("kept", _disabled)
    lab.client.delete(
        ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name="gone"),
        uid=outcome_uid(lab, "gone"),
    )
    lab.cluster.requests.clear()
    report = lab.preview(config_map("stays"))

    assert report.dry_run
    assert writes(lab.cluster) == []
    assert said(outcome_of(report, "goes")) == ("pruned", "")
    assert said(outcome_of(report, "gone")) == ("pruned", "Gone")
    assert said(outcome_of(report, "kept")) == ("skipped", "PruneDisabled")
    assert said(outcome_of(report, "lab")) == ("skipped", "Protected")


def outcome_uid(lab: Lab, name: str) -> str:
    body = live(lab.client, "ConfigMap", name)
    assert body is not None
    return str(as_object(body["metadata"])["uid"])


def test_what_is_kept_or_gone_does_not_count_against_the_budget(lab: Lab) -> None:
    names = [f"c{number}" for number in range(15)]
    lab.deploy(*(config_map(name) for name in names))
    for name in names[1:7]:
        lab.edit(name, _disabled)
    report = lab.deploy(config_map("c0"))

    assert report.ok
    assert len([one for one in report.outcomes if one.action is Action.PRUNED]) == 8
