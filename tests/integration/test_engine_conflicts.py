"""Fields of other managers: refused, taken or left alone, by rule and by path."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_core.apply import ApplyPolicy, ConflictRule, Conflicts, Memory, apply_plan, preview_plan
from brokkr_core.apply.conflicts.send import ConflictsError, send
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import Json, JsonObject, as_list, dig
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef
from brokkr_core.retry import RetryPolicy
from brokkr_core.testing.cluster import EmbeddedCluster
from cluster_support import MERGE_PATCH, Client, deployment
from engine_play import QUICK, applied, live, planned, writes
from stage_support import config_map

THEIRS = ApplyPolicy(manager="somebody-else", conflicts=Conflicts.TAKE)


def ruled(*rules: ConflictRule, otherwise: Conflicts = Conflicts.FAIL, wait: bool = True) -> ApplyPolicy:
    return ApplyPolicy(conflicts=otherwise, conflict_rules=rules, poll_seconds=0.05, wait=wait)


def data(client: KubeClient, name: str = "one") -> Json:
    return dig(live(client, "ConfigMap", name), "data")


def one(client: KubeClient, policy: ApplyPolicy, **values: str) -> Outcome:
    (outcome,) = applied(client, config_map("one", **values), policy=policy).outcomes
    return outcome


def test_a_conflict_tells_whose_field_it_is_since_when(client: KubeClient) -> None:
    one(client, THEIRS, a="theirs")
    outcome = one(client, QUICK, a="ours")

    assert outcome.action is Action.CONFLICT
    (conflict,) = outcome.conflicts
    assert (conflict.path, conflict.manager, conflict.operation) == (".data.a", "somebody-else", "Apply")
    assert conflict.time
    assert outcome.to_json()["conflicts"] == [conflict.to_json()]
    assert "ours" not in str(outcome.to_json()).replace("theirs", "")


def test_a_yielded_field_stays_and_the_rest_is_applied(client: KubeClient) -> None:
    one(client, THEIRS, a="theirs")
    rule = ConflictRule(path=".data.a", decision=Conflicts.YIELD)
    outcome = one(client, ruled(rule), a="ours", b="ours")

    assert outcome.ok
    assert [(found.path, found.decision) for found in outcome.conflicts] == [(".data.a", Conflicts.YIELD)]
    assert data(client) == {"a": "theirs", "b": "ours"}


def test_a_yielded_field_is_not_reported_as_a_change_for_ever(cluster: EmbeddedCluster, client: KubeClient) -> None:
    one(client, THEIRS, a="theirs")
    policy = ruled(ConflictRule(path=".data.a", decision=Conflicts.YIELD))
    one(client, policy, a="ours", b="ours")
    cluster.requests.clear()

    assert one(client, policy, a="ours", b="ours").action is Action.UNCHANGED
    assert writes(cluster) == []


def test_only_the_paths_of_the_rule_are_taken(client: KubeClient) -> None:
    one(client, THEIRS, a="theirs", b="theirs")
    take_a = ConflictRule(path=".data.a", decision=Conflicts.TAKE)
    refused = one(client, ruled(take_a), a="ours", b="ours")

    assert refused.action is Action.CONFLICT
    assert {found.path: found.decision for found in refused.conflicts} == {
        ".data.a": Conflicts.TAKE,
        ".data.b": Conflicts.FAIL,
    }
    assert data(client) == {"a": "theirs", "b": "theirs"}

    both = ruled(take_a, ConflictRule(path=".data.b", decision=Conflicts.YIELD))
    assert one(client, both, a="ours", b="ours").ok
    assert data(client) == {"a": "ours", "b": "theirs"}


def test_rules_may_trust_some_managers(client: KubeClient) -> None:
    one(client, THEIRS, a="theirs")
    assert not one(client, ruled(ConflictRule(path="*", decision=Conflicts.TAKE, managers=("kube-*",))), a="ours").ok
    assert one(client, ruled(ConflictRule(path="*", decision=Conflicts.TAKE, managers=("some*",))), a="ours").ok


def test_a_scaled_deployment_keeps_its_replicas(cluster: EmbeddedCluster, client: KubeClient) -> None:
    policy = ruled(ConflictRule(path=".spec.replicas", decision=Conflicts.YIELD), wait=False)
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n"
        "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
        "    spec: {containers: [{name: main, image: 'nginx:VERSION'}]}\n"
    )
    assert applied(client, text.replace("VERSION", "1"), policy=policy).ok
    Client(cluster.transport()).patch(
        deployment(), {"spec": {"replicas": 7}}, MERGE_PATCH, subresource="scale", fieldManager="autoscaler"
    ).expect(200)
    (outcome,) = applied(client, text.replace("VERSION", "2"), policy=policy).outcomes

    assert [(found.manager, found.subresource) for found in outcome.conflicts] == [("autoscaler", "scale")]
    body = live(client, "Deployment", "web", api="apps/v1")
    assert dig(body, "spec", "replicas") == 7
    assert "nginx:2" in str(dig(body, "spec", "template"))


def test_a_preview_shows_what_would_be_decided_and_writes_nothing(cluster: EmbeddedCluster, client: KubeClient) -> None:
    one(client, THEIRS, a="theirs")
    cluster.requests.clear()
    policy = ruled(ConflictRule(path=".data.a", decision=Conflicts.YIELD))
    (outcome,) = preview_plan(client, planned(client, config_map("one", a="x", b="y")), policy=policy).outcomes

    assert outcome.action is Action.CONFIGURED
    assert [found.decision for found in outcome.conflicts] == [Conflicts.YIELD]
    assert writes(cluster) == []


def test_a_conflict_over_a_secret_shows_no_value(client: KubeClient) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: one}\ndata: {p: VALUE}\n"
    applied(client, secret.replace("VALUE", "c3dvcmRmaXNo"), policy=THEIRS)
    (outcome,) = applied(client, secret.replace("VALUE", "aHVudGVyMg==")).outcomes

    assert outcome.action is Action.CONFLICT
    assert [found.path for found in outcome.conflicts] == [".data.p"]
    assert "c3dvcmRmaXNo" not in str(outcome)
    assert "aHVudGVyMg" not in str(outcome)


def test_what_somebody_else_applied_alike_becomes_ours_as_well(cluster: EmbeddedCluster, client: KubeClient) -> None:
    one(client, THEIRS, a="1")

    assert one(client, QUICK, a="1").action is Action.CONFIGURED
    assert owners(client) == ["brokkr-controller", "somebody-else"]
    assert one(client, QUICK, a="1").action is Action.UNCHANGED


def test_a_memory_proves_nothing_to_another_manager(client: KubeClient) -> None:
    memory, plan = Memory(), planned(client, config_map("one", a="1"))
    for manager in ("first", "second"):
        assert apply_plan(client, plan, policy=evolve(QUICK, manager=manager), memory=memory).ok

    assert owners(client) == ["first", "second"]


def test_what_was_yielded_is_not_remembered_as_wanted_by_those_who_take(client: KubeClient) -> None:
    one(client, THEIRS, a="theirs")
    memory, plan = Memory(), planned(client, config_map("one", a="ours", b="ours"))
    ends = [
        apply_plan(client, plan, policy=evolve(QUICK, conflicts=decision), memory=memory).outcomes[0].action
        for decision in (Conflicts.YIELD, Conflicts.YIELD, Conflicts.FAIL, Conflicts.TAKE)
    ]

    assert ends == [Action.CONFIGURED, Action.UNCHANGED, Action.CONFLICT, Action.CONFIGURED]
    assert data(client) == {"a": "ours", "b": "ours"}


def test_nothing_is_taken_that_was_claimed_after_the_conflicts_were_named(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    one(client, THEIRS, a="theirs", b="1")
    found = planned(client, config_map("one", a="ours", b="ours")).manifests[0]

    class Racing(KubeClient):
        def get(self, ref: ObjectRef, *, metadata_only: bool = False, retry: RetryPolicy | None = None) -> JsonObject:
            one(client, THEIRS, a="theirs", b="theirs")
            return super().get(ref, metadata_only=metadata_only, retry=retry)

    one(client, evolve(QUICK, conflicts=Conflicts.YIELD), b="1")
    one(client, evolve(THEIRS, conflicts=Conflicts.FAIL), a="theirs")
    one(client, QUICK, b="ours")  # b is ours alone when the apply goes out
    with pytest.raises(ConflictsError):
        send(
            Racing(cluster.transport()),
            found.body,
            found.ref,
            policy=ruled(ConflictRule(path=".data.a", decision=Conflicts.TAKE)),
        )
    assert data(client) == {"a": "theirs", "b": "theirs"}


def owners(client: KubeClient) -> list[Json]:
    entries = as_list(dig(live(client, "ConfigMap", "one"), "metadata", "managedFields"))
    return sorted((dig(entry, "manager") for entry in entries), key=str)
