"""Tests of what happens when the cluster is not kind: it loses answers, forbids, and changes what was sent."""

import brokkr_core
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster import (
    EmbeddedCluster,
    FaultPlan,
    FaultRule,
    Grant,
    Moment,
    MutatingHook,
    Rbac,
    Refuse,
    Reset,
    Review,
    User,
)

SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {greeting: hello}
"""


def apply(cluster: EmbeddedCluster) -> brokkr_core.Report:
    with brokkr_core.KubeClient(cluster.transport()) as client:
        manifests = brokkr_core.parse_all(SETTINGS).checked().manifests
        return brokkr_core.apply_plan(client, brokkr_core.order(brokkr_core.resolve(manifests, client.discovery)))


def test_a_lost_answer_and_a_busy_server_are_survived() -> None:
    faults = FaultPlan(
        rules=[
            FaultRule(effect=Reset(moment=Moment.AFTER), writes=True, nth=[1]),
            FaultRule(effect=Refuse(status=503), path="^/apis?$", nth=[1]),
        ]
    )
    with EmbeddedCluster(faults=faults) as cluster:
        report = apply(cluster)
    assert report.ok
    assert cluster.requests.count(writes=True) == 2  # the write whose answer was lost, and the one that made sure


def test_an_agent_without_rights_reports_it_and_writes_nothing() -> None:
    reader = User(name="reader", token="t", grants=[Grant(verbs=["get", "list"], resources=["*"], groups=["*"])])
    with EmbeddedCluster(rbac=Rbac(users=[reader])) as cluster:
        report = apply(cluster)
    assert not report.ok
    assert 'User "reader" cannot patch resource "configmaps"' in report.outcomes[0].message


def test_a_webhook_that_adds_a_label_is_no_endless_change() -> None:
    def add_label(review: Review) -> JsonObject:
        metadata = review.body["metadata"]
        assert isinstance(metadata, dict)
        return {**review.body, "metadata": {**metadata, "labels": {"team": "shop"}}}

    with EmbeddedCluster(hooks=[MutatingHook(name="labels.example.com", call=add_label)]) as cluster:
        assert apply(cluster).counts() == {"created": 1}
        assert apply(cluster).counts() == {"unchanged": 1}
