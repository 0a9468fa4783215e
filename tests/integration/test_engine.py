"""The engine against the emulator, in process: what it writes, what it leaves alone, and what it says."""

from __future__ import annotations

import itertools

import pytest

from brokkr_core.apply import ApplyPolicy, Conflicts, apply_plan, preview_plan
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import dig
from brokkr_core.model.outcome import Action
from brokkr_core.testing.cluster import Denied, EmbeddedCluster, Review, ValidatingHook
from engine_play import QUICK, actions, applied, live, planned, writes
from stage_support import config_map

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n"
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {size: {type: integer, maximum: 10}}}}
"""
GADGET = "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: one, namespace: lab}\nspec: {size: 3}\n"


WEBHOOK = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: gadgets}
webhooks:
  - name: gadgets.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    clientConfig: {service: {name: judge, namespace: lab}}
    rules: [{apiGroups: [example.com], apiVersions: [v1], resources: [gadgets], operations: [CREATE]}]
"""
#: Without a selector, so that somebody has to say who answers: here, the bundle itself.
BACKEND = """\
apiVersion: v1
kind: Service
metadata: {name: judge, namespace: lab}
spec: {ports: [{port: 443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: judge-1, namespace: lab, labels: {kubernetes.io/service-name: judge}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.1]}]
ports: [{port: 443}]
"""


@pytest.mark.parametrize("documents", list(itertools.permutations((NAMESPACE, DEFINITION, GADGET, WEBHOOK, BACKEND))))
def test_every_order_of_namespace_definition_webhook_and_object_applies_in_one_attempt(
    cluster: EmbeddedCluster, client: KubeClient, documents: tuple[str, ...]
) -> None:
    report = applied(client, *documents)

    assert set(actions(report).values()) == {"created"}, report
    refused = [one for one in cluster.requests if one.method == "PATCH" and one.status >= 400]
    assert refused == [], "not one write was refused on the way"
    written = [one.path.rpartition("/")[2] for one in cluster.requests if one.writes]
    for before, after in (("lab", "judge"), ("judge", "gadgets"), ("gadgets.example.com", "one"), ("gadgets", "one")):
        assert written.index(before) < written.index(after)


def test_a_second_apply_of_the_same_changes_nothing_and_writes_nothing(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    applied(client, NAMESPACE, DEFINITION, GADGET)
    cluster.requests.clear()
    report = applied(client, NAMESPACE, DEFINITION, GADGET)

    assert set(actions(report).values()) == {"unchanged"}
    assert writes(cluster) == []


def test_a_change_names_the_fields_that_changed(client: KubeClient) -> None:
    applied(client, config_map("one", a="1"))
    (outcome,) = applied(client, config_map("one", a="2")).outcomes

    assert (outcome.action, outcome.changed) == (Action.CONFIGURED, ("data.a",))


def test_one_refusal_in_the_preflight_keeps_everything_unwritten(cluster: EmbeddedCluster, client: KubeClient) -> None:
    bad = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, namespace: default}\nspec: {}\n"
    report = applied(client, config_map("good"), bad)

    assert actions(report) == {"ConfigMap/default/good": "blocked", "ConfigMap/default/bad": "invalid"}
    assert not report.begun
    assert writes(cluster) == []


def test_what_does_not_fit_the_definition_it_comes_with_is_refused_before_the_first_write(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    report = applied(client, NAMESPACE, DEFINITION, GADGET.replace("size: 3", "size: 99, colour: red"))
    (outcome,) = [one for one in report.outcomes if one.action is Action.INVALID]

    assert str(outcome.ref) == "Gadget/lab/one"
    assert {cause.field for cause in outcome.causes} == {"spec.size", "spec.colour"}
    assert writes(cluster) == []


def test_what_no_cluster_would_store_is_refused_before_it_is_sent(cluster: EmbeddedCluster, client: KubeClient) -> None:
    (outcome,) = applied(client, config_map("big", a="x" * 1_700_000)).outcomes

    assert (outcome.action, outcome.code) == (Action.INVALID, "TooLarge")
    assert [cause.field for cause in outcome.causes] == ["data.a"]
    assert [one for one in cluster.requests if one.method == "PATCH"] == []


def test_a_failure_blocks_what_depends_on_it_and_nothing_else() -> None:
    def no_gadgets(review: Review) -> None:
        if review.kind == "Gadget":
            raise Denied("no gadgets", status=422, reason="Invalid")

    cluster = EmbeddedCluster(hooks=[ValidatingHook(name="hook", call=no_gadgets)])
    client = KubeClient(cluster.transport())
    after = config_map("after", namespace="lab").replace(
        "  namespace: lab\n",
        "  namespace: lab\n  annotations:\n"
        "    config.kubernetes.io/depends-on: example.com/namespaces/lab/Gadget/one\n",
    )
    report = applied(client, NAMESPACE, DEFINITION, GADGET, after, config_map("beside", namespace="lab"))

    assert actions(report) == {
        "Namespace/lab": "created",
        "CustomResourceDefinition/gadgets.example.com": "created",
        "Gadget/lab/one": "invalid",
        "ConfigMap/lab/after": "blocked",
        "ConfigMap/lab/beside": "created",
    }
    blocked = next(one for one in report.outcomes if one.action is Action.BLOCKED)
    assert [str(ref) for ref in blocked.blocked_by] == ["Gadget/lab/one"]
    assert "depends-on" in blocked.message


def test_a_field_of_another_manager_is_a_conflict_unless_told_to_take_it(client: KubeClient) -> None:
    other = ApplyPolicy(manager="somebody-else")
    assert applied(client, config_map("one", a="theirs"), policy=other).ok

    (refused,) = applied(client, config_map("one", a="ours")).outcomes
    assert refused.action is Action.CONFLICT
    assert [cause.field for cause in refused.causes] == [".data.a"]
    assert "somebody-else" in refused.causes[0].message

    assert applied(client, config_map("one", a="ours"), policy=ApplyPolicy(conflicts=Conflicts.TAKE)).ok
    assert dig(live(client, "ConfigMap", "one"), "data", "a") == "ours"


def test_a_preview_writes_nothing_and_says_what_would_happen(cluster: EmbeddedCluster, client: KubeClient) -> None:
    applied(client, config_map("one", a="1"), config_map("same"))
    cluster.requests.clear()
    plan = planned(client, config_map("one", a="2"), config_map("same"), config_map("new"))
    report = preview_plan(client, plan)

    assert report.dry_run
    assert actions(report) == {
        "ConfigMap/default/one": "configured",
        "ConfigMap/default/same": "unchanged",
        "ConfigMap/default/new": "created",
    }
    assert writes(cluster) == []


def test_an_object_that_never_gets_ready_times_out_and_says_what_is_missing(client: KubeClient) -> None:
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: long, namespace: default}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}\n"
    )
    (outcome,) = applied(client, job, policy=ApplyPolicy(ready_timeout_seconds=0.2, poll_seconds=0.05)).outcomes

    assert outcome.action is Action.TIMED_OUT
    assert "not ready after" in outcome.message


def test_a_stop_leaves_the_rest_for_the_next_run(cluster: EmbeddedCluster, client: KubeClient) -> None:
    plan = planned(client, NAMESPACE, config_map("one", namespace="lab"))
    written = iter([False, False, False, False, True])
    report = apply_plan(client, plan, policy=QUICK, stop=lambda: next(written, True))

    assert not report.ok
    assert {outcome.code for outcome in report.failed} == {"Stopped"}
    assert live(client, "ConfigMap", "one", namespace="lab") is None


def test_a_new_stamp_on_a_definition_does_not_keep_its_objects_from_being_asked_about(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    assert applied(client, NAMESPACE, DEFINITION, GADGET).ok
    cluster.requests.clear()
    stamped = DEFINITION.replace("{name: gadgets.example.com}", "{name: gadgets.example.com, annotations: {a: b}}")
    report = applied(client, NAMESPACE, stamped, GADGET.replace("size: 3", "size: 99"))

    assert actions(report)["Gadget/lab/one"] == "invalid"
    assert writes(cluster) == []


def test_a_run_that_takes_too_long_ends_and_says_what_was_left(client: KubeClient) -> None:
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: long, namespace: default}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}\n"
    )
    after = config_map("after").replace(
        "metadata:\n",
        "metadata:\n  annotations: {config.kubernetes.io/depends-on: batch/namespaces/default/Job/long}\n",
    )
    report = applied(client, job, after, policy=ApplyPolicy(run_timeout_seconds=0.2, poll_seconds=0.05))

    assert {str(one.ref): (one.action, one.code) for one in report.outcomes} == {
        "Job/default/long": (Action.TIMED_OUT, "RunTimeout"),
        "ConfigMap/default/after": (Action.BLOCKED, "RunTimeout"),
    }


def test_an_object_that_is_being_deleted_is_no_success_even_without_waiting(client: KubeClient) -> None:
    held = config_map("one", a="1").replace("metadata:\n", "metadata:\n  finalizers: [example.com/hold]\n")
    (first,) = applied(client, held).outcomes
    client.delete(first.ref, uid=first.uid)
    (outcome,) = applied(client, held, policy=ApplyPolicy(wait=False)).outcomes

    assert (outcome.action, outcome.code) == (Action.FAILED, "Terminating")


def test_the_servers_words_about_a_field_that_sounds_like_a_credential_are_withheld(client: KubeClient) -> None:
    definition = DEFINITION.replace("size: {type: integer, maximum: 10}", "password: {type: string, enum: [abc]}")
    applied(client, NAMESPACE, definition)
    (outcome,) = applied(client, GADGET.replace("size: 3", "password: hunter2hunter2")).outcomes

    assert outcome.action is Action.INVALID
    assert [cause.field for cause in outcome.causes] == ["spec.password"]
    assert "hunter2" not in str(outcome)
    assert "hunter2" not in str(outcome.to_json())
