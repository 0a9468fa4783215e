"""What another agent left is found by its annotations: once, and later only when somebody else was there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_play import QUICK, actions, live
from prune_support import RULES, STAMP, Lab
from stage_support import config_map

NEVER = (
    "apiVersion: batch/v1\nkind: Job\n"
    "metadata: {name: never, namespace: default, annotations: {brokkr.io/idempotent: 'true'}}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}\n"
)
HASTY = evolve(RULES, apply=evolve(QUICK, ready_timeout_seconds=0.1))


@pytest.fixture
def lab() -> Iterator[Lab]:
    with EmbeddedCluster() as cluster:
        yield Lab(cluster)


def upstream_applies(lab: Lab, name: str, *, revision: str = "theirs", kind: str = "ConfigMap") -> None:
    """Write an object as another agent of the same owner would."""
    stamp = evolve(STAMP, deployment_object_id=revision)
    annotations: JsonObject = {**stamp.annotations()}
    metadata: JsonObject = {"name": name, "namespace": "default", "annotations": annotations}
    ref = ObjectRef(group="", version="v1", kind=kind, namespace="default", name=name)
    body: JsonObject = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    lab.client.apply(body, ref, manager="brokkr-controller", force=True)


def cluster_wide_lists(lab: Lab) -> int:
    """How many collections of the whole cluster were read."""
    lists = (one for one in lab.cluster.requests if one.method == "GET" and "limit" in one.query)
    return sum(1 for one in lists if "/namespaces/" not in one.path)


def test_what_another_agent_left_is_pruned_when_the_first_revision_lacks_it(lab: Lab) -> None:
    upstream_applies(lab, "theirs")
    report = lab.deploy(config_map("ours"))

    assert actions(report) == {"ConfigMap/default/ours": "created", "ConfigMap/default/theirs": "pruned"}


def test_a_first_revision_that_fails_again_and_again_searches_the_cluster_once(lab: Lab) -> None:
    lab.deploy(NEVER, rules=HASTY)
    first = cluster_wide_lists(lab)
    lab.cluster.requests.clear()
    report = lab.deploy(NEVER, rules=HASTY)

    assert report.verdict == "VERIFIED_EXACT"
    assert first > 10
    assert cluster_wide_lists(lab) == 0
    assert lab.store.load(lab.revision().key) is None


def test_a_process_that_starts_anew_searches_once_more(lab: Lab) -> None:
    lab.deploy(NEVER, rules=HASTY)
    upstream_applies(lab, "theirs")
    lab.restart()

    assert actions(lab.deploy(config_map("ours")))["ConfigMap/default/theirs"] == "pruned"


def test_an_inventory_that_somebody_deleted_is_searched_for_again(lab: Lab) -> None:
    lab.deploy(config_map("one"), config_map("two"))
    lab.store.forget(lab.revision().key)

    assert actions(lab.deploy(config_map("one")))["ConfigMap/default/two"] == "pruned"


def test_a_stack_that_was_removed_is_not_searched_for_again(lab: Lab) -> None:
    lab.deploy(config_map("one"))
    lab.deploy(removal=True)
    lab.cluster.requests.clear()
    report = lab.deploy(removal=True)

    assert report.outcomes == ()
    assert cluster_wide_lists(lab) == 0


def test_with_an_inventory_nothing_is_searched_for_while_nobody_else_was_there(lab: Lab) -> None:
    lab.deploy(config_map("one"))
    lab.cluster.requests.clear()
    lab.deploy(config_map("one", a="2"))

    assert cluster_wide_lists(lab) == 0


def test_what_another_agent_deployed_in_between_is_found_among_the_kinds_of_the_inventory(lab: Lab) -> None:
    lab.deploy(config_map("one"))
    upstream_applies(lab, "one")
    upstream_applies(lab, "theirs")
    lab.cluster.requests.clear()
    report = lab.deploy(config_map("one"))

    assert actions(report)["ConfigMap/default/theirs"] == "pruned"
    assert cluster_wide_lists(lab) == 1


def test_a_search_that_found_nothing_is_not_made_twice_for_the_same_revision(lab: Lab) -> None:
    lab.deploy(config_map("one"))
    upstream_applies(lab, "one")
    revision = lab.revision(config_map("one"), NEVER)
    lab.deployment(HASTY).run(revision)
    lab.cluster.requests.clear()
    lab.deployment(HASTY).run(revision)

    assert cluster_wide_lists(lab) == 0


def test_what_was_found_is_found_again_when_the_revision_was_refused(lab: Lab) -> None:
    lab.deploy(config_map("one"))
    upstream_applies(lab, "one")
    upstream_applies(lab, "theirs")
    revision = lab.revision(config_map("one"), config_map("two", namespace="later"))
    assert not lab.deployment().run(revision).begun

    namespace = ObjectRef(group="", version="v1", kind="Namespace", name="later")
    lab.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "later"}}, namespace, manager="x")

    assert actions(lab.deployment().run(revision))["ConfigMap/default/theirs"] == "pruned"


def test_a_removal_takes_along_what_another_agent_left(lab: Lab) -> None:
    lab.deploy(config_map("one"))
    upstream_applies(lab, "theirs")
    report = lab.deploy(removal=True)

    assert set(actions(report).values()) == {"pruned"}
    assert live(lab.client, "ConfigMap", "theirs") is None


def test_when_nothing_of_the_inventory_is_left_the_kinds_are_searched(lab: Lab) -> None:
    lab.deploy(config_map("one"))
    body = live(lab.client, "ConfigMap", "one")
    assert body is not None
    lab.client.delete(ref_of(body), uid=str(dig(body, "metadata", "uid")))
    upstream_applies(lab, "theirs")

    assert actions(lab.deploy(config_map("two")))["ConfigMap/default/theirs"] == "pruned"
