"""Deleting in reverse dependency order: side by side where nothing depends, and a hang holds up only what it must."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from brokkr_core.apply import PrunePolicy
from brokkr_core.model.outcome import Action
from brokkr_core.testing.cluster import EmbeddedCluster
from brokkr_core.testing.cluster.faults import Delay, FaultPlan, FaultRule
from brokkr_core.testing.cluster.stuck import hold, let_go
from engine_play import QUICK, actions, live
from prune_support import CRD, RULES, WIDGET, Lab, outcome_of
from stage_support import config_map

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: runner
      containers: [{name: main, image: app, envFrom: [{configMapRef: {name: settings}}]}]
"""
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner, namespace: default}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: default}\nstringData: {a: b}\n"
UNWATCHED = evolve(RULES, apply=evolve(QUICK, wait=False))  # the pods of this cluster take their time
OPEN = evolve(RULES, prune=evolve(RULES.prune, protected=frozenset()))


@pytest.fixture
def lab() -> Iterator[Lab]:
    with EmbeddedCluster() as cluster:
        yield Lab(cluster)


def test_what_depends_on_an_object_is_gone_before_it_is_deleted(lab: Lab) -> None:
    lab.deploy(ACCOUNT, config_map("settings"), DEPLOYMENT, rules=UNWATCHED)
    lab.cluster.requests.clear()
    report = lab.deploy(removal=True)
    names = [path.rpartition("/")[2] for path in lab.deleted()]

    assert report.ok
    assert names[0] == "web"
    assert sorted(names[1:]) == ["runner", "settings"]


def test_an_object_of_a_custom_kind_goes_before_the_kind(lab: Lab) -> None:
    lab.deploy(CRD, WIDGET)
    lab.cluster.requests.clear()
    report = lab.deploy(removal=True, rules=OPEN)

    assert report.ok
    assert [path.rpartition("/")[2] for path in lab.deleted()] == ["one", "widgets.example.com"]


def test_a_hang_blocks_what_the_object_depends_on_and_nothing_else(lab: Lab) -> None:
    lab.deploy(ACCOUNT, config_map("settings"), config_map("unrelated"), DEPLOYMENT, rules=UNWATCHED)
    hold(lab.cluster, "/apis/apps/v1/namespaces/default/deployments/web")
    report = lab.deploy(removal=True)
    blocked = outcome_of(report, "settings")

    assert outcome_of(report, "web").action is Action.TIMED_OUT
    assert outcome_of(report, "unrelated").action is Action.PRUNED
    assert (blocked.action, blocked.code) == (Action.BLOCKED, "DependencyFailed")
    assert [str(ref) for ref in blocked.blocked_by] == ["Deployment/default/web"]
    assert "ConfigMap/default/settings waits for Deployment/default/web: " in blocked.message
    assert live(lab.client, "ServiceAccount", "runner") is not None


def test_what_hung_goes_on_with_the_next_run(lab: Lab) -> None:
    lab.deploy(ACCOUNT, config_map("settings"), DEPLOYMENT, rules=UNWATCHED)
    path = "/apis/apps/v1/namespaces/default/deployments/web"
    hold(lab.cluster, path)
    lab.deploy(removal=True)
    let_go(lab.cluster, path)
    report = lab.deploy(removal=True)

    assert report.ok
    assert live(lab.client, "ConfigMap", "settings") is None
    assert lab.store.stacks("us") == []


def test_a_hundred_objects_that_hang_are_waited_for_with_one_list_a_look(lab: Lab) -> None:
    names = [f"c{number}" for number in range(100)]
    lab.deploy(*(config_map(name) for name in names))
    for name in names:
        hold(lab.cluster, f"{CONFIG_MAPS}/{name}")
    lab.cluster.requests.clear()
    patient = PrunePolicy(gone_timeout_seconds=1.0, poll_seconds=0.25)
    report = lab.deploy(removal=True, rules=evolve(RULES, prune=patient))
    reads = [one for one in lab.cluster.requests if one.method == "GET" and one.path.startswith(f"{CONFIG_MAPS}/c")]
    lists = [one for one in lab.cluster.requests if one.path == CONFIG_MAPS and "labelSelector" not in one.query]

    assert {outcome.action for outcome in report.outcomes} == {Action.TIMED_OUT}
    assert len(reads) == 100
    assert len(lists) <= 10


def test_an_object_costs_one_read_and_one_deletion(lab: Lab) -> None:
    names = [f"c{number}" for number in range(50)]
    lab.deploy(*(config_map(name) for name in names))
    lab.cluster.requests.clear()
    lab.deploy(removal=True)
    about_one = [one for one in lab.cluster.requests if one.path.startswith(f"{CONFIG_MAPS}/c")]

    assert len(about_one) == 100


def test_nothing_is_looked_at_more_often_than_the_policy_says_while_others_are_deleted(lab: Lab) -> None:
    lab.deploy(*(config_map(f"c{number}") for number in range(20)))
    lab.cluster.requests.clear()
    lab.cluster.break_with(FaultPlan(rules=[FaultRule(effect=Delay(seconds=0.01), method="DELETE")]))
    rare = evolve(RULES.prune, workers=1, poll_seconds=60.0, gone_timeout_seconds=300.0)
    report = lab.deploy(removal=True, rules=evolve(RULES, prune=rare))
    about_one = [one for one in lab.cluster.requests if one.path.startswith(f"{CONFIG_MAPS}/c")]
    lists = [one for one in lab.cluster.requests if one.path == CONFIG_MAPS and "labelSelector" not in one.query]

    assert report.ok
    assert len(about_one) + len(lists) <= 20 + 20 + 2  # a read and a deletion each, and a first and a last look


def test_a_stop_leaves_the_rest_for_the_next_run(lab: Lab) -> None:
    lab.deploy(ACCOUNT, config_map("settings"), DEPLOYMENT, rules=UNWATCHED)
    lab.cluster.requests.clear()
    lab.stop = lambda: bool(lab.deleted())
    report = lab.deploy(removal=True)
    lab.stop = lambda: False

    assert lab.deleted() == ["/apis/apps/v1/namespaces/default/deployments/web"]
    assert outcome_of(report, "web").action is Action.PRUNED
    assert {outcome_of(report, name).code for name in ("settings", "runner")} == {"Stopped"}
    assert live(lab.client, "ConfigMap", "settings") is not None
    assert set(actions(lab.deploy(removal=True)).values()) == {"pruned"}
