"""What extends the API server is waited for until it works: kinds, aggregated APIs, webhooks, addresses."""

from __future__ import annotations

import threading

import pytest
from attrs import evolve

from brokkr_core.apply import ApplyPolicy, ClassTimeout, ReadyPolicy, apply_plan
from brokkr_core.kube import KubeClient
from brokkr_core.model.events import Event, ObjectFinished, ObjectWaiting
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.testing.cluster import EmbeddedCluster, FaultPlan, FaultRule, Refuse, Settings
from brokkr_core.testing.cluster.listener import Ticker
from cluster_support import Client
from engine_play import QUICK, applied, planned

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
GADGET = "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: one, namespace: default}\n"
READING = "GET /apis/example.com/v1/gadgets"


def asked(cluster: EmbeddedCluster) -> list[str]:
    return [f"{one.method} {one.path}" for one in cluster.requests]


def test_a_new_kind_costs_one_reading_of_its_collection_before_its_objects(cluster: EmbeddedCluster) -> None:
    assert applied(KubeClient(cluster.transport()), DEFINITION, GADGET).ok

    requests = asked(cluster)
    assert requests.count(READING) == 1
    assert requests.index(READING) < requests.index("PATCH /apis/example.com/v1/namespaces/default/gadgets/one")


def test_a_kind_that_has_long_been_there_is_not_read(cluster: EmbeddedCluster) -> None:
    client = KubeClient(cluster.transport())
    assert applied(client, DEFINITION, GADGET).ok
    cluster.requests.clear()

    assert applied(client, DEFINITION, GADGET).ok
    assert READING not in asked(cluster)


def test_a_kind_that_is_shown_before_it_is_served_is_read_again_until_it_is() -> None:
    late = FaultRule(effect=Refuse(status=404), method="GET", path="/example.com/v1/gadgets$", nth=(1, 2))
    with EmbeddedCluster(faults=FaultPlan(rules=[late])) as cluster:
        report = applied(KubeClient(cluster.transport()), DEFINITION, GADGET)

        assert report.ok, report.failed
        assert asked(cluster).count(READING) == 3
        assert [one.status for one in cluster.requests if one.method == "PATCH" and one.path.endswith("/one")] == [201]


API = """\
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {{name: v1.{group}}}
spec: {{group: {group}, version: v1, groupPriorityMinimum: 100, versionPriority: 100,
  service: {{name: {group}, namespace: default}}}}
"""


def test_an_aggregated_api_is_ready_after_discovery_was_read_again() -> None:
    with EmbeddedCluster(Settings(controllers=True)) as cluster:
        client = KubeClient(cluster.transport())
        plan = planned(client, API.format(group="one.example.com"), API.format(group="two.example.com"))
        cluster.requests.clear()
        report = apply_plan(client, plan, policy=QUICK)

        assert report.ok, report.failed
        assert 1 <= asked(cluster).count("GET /apis") <= 2, "one reading serves all who wait, and none is spared"
        assert client.discovery.serves("one.example.com", "v1")
        assert client.discovery.serves("two.example.com", "v1")


HOOK = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: gadgets}}
webhooks:
  - name: gadgets.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: {policy}
    clientConfig: {{service: {{name: judge, namespace: default}}, caBundle: eA==}}
    rules: [{{apiGroups: [example.com], apiVersions: [v1], resources: [gadgets], operations: [CREATE]}}]
"""
SLICE: JsonObject = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "judge-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "judge"}},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["192.0.2.1"]}],
}
SERVER = """\
apiVersion: v1
kind: Service
metadata: {name: judge, namespace: default}
spec: {selector: {app: judge}, ports: [{port: 443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: judge, namespace: default}
spec: {selector: {matchLabels: {app: judge}}, template: {metadata: {labels: {app: judge}},
  spec: {containers: [{name: a, image: judge}]}}}
"""


def hooked(cluster: EmbeddedCluster, policy: str = "Fail", *, rules: ApplyPolicy = QUICK) -> Outcome:
    (found,) = applied(KubeClient(cluster.transport()), HOOK.format(policy=policy), policy=rules).outcomes
    return found


def test_a_webhook_without_anybody_behind_it_is_not_ready(cluster: EmbeddedCluster) -> None:
    found = hooked(cluster, rules=evolve(QUICK, ready_timeout_seconds=0.3))

    assert (found.action, found.code) == (Action.TIMED_OUT, "NoEndpoints")
    assert "Service default/judge has no ready endpoint" in found.message


def test_a_webhook_that_may_be_passed_over_is_not_waited_for(cluster: EmbeddedCluster) -> None:
    found = hooked(cluster, "Ignore")

    assert (found.action, found.code) == (Action.CREATED, "NoEndpoints")


def test_a_webhook_is_ready_as_soon_as_its_service_has_an_endpoint(cluster: EmbeddedCluster) -> None:
    client, heard = KubeClient(cluster.transport()), threading.Event()

    def answer(event: Event, /) -> None:
        if isinstance(event, ObjectWaiting) and not heard.is_set():
            heard.set()
            Client(cluster.transport()).create(SLICE).expect(201)

    (found,) = apply_plan(client, planned(client, HOOK.format(policy="Fail")), policy=QUICK, observer=answer).outcomes

    assert heard.is_set()
    assert (found.action, found.code) == (Action.CREATED, "")


def test_a_webhook_comes_to_life_with_the_server_that_comes_in_the_same_bundle() -> None:
    with EmbeddedCluster(Settings(controllers=True, deployment_ready_seconds=0.3)) as cluster:
        ticker = Ticker(cluster.advance)
        ticker.start()
        report = applied(KubeClient(cluster.transport()), HOOK.format(policy="Fail"), SERVER)
        ticker.stop()

        assert report.ok, report.failed


def test_a_backend_that_was_gone_before_the_run_is_not_blamed_on_it(cluster: EmbeddedCluster) -> None:
    admin = Client(cluster.transport())
    admin.create(SLICE).expect(201)
    assert hooked(cluster).ok
    admin.delete(SLICE).expect(200)
    cluster.advance(700.0)
    found = hooked(cluster)

    assert (found.action, found.code) == (Action.UNCHANGED, "NotReadyBefore")


def test_a_backend_that_the_run_itself_broke_is_blamed_on_it(cluster: EmbeddedCluster) -> None:
    admin, client = Client(cluster.transport()), KubeClient(cluster.transport())
    service = SERVER.partition("---")[0]
    admin.create(SLICE).expect(201)
    assert applied(client, HOOK.format(policy="Fail"), service, policy=QUICK).ok
    cluster.advance(700.0)

    def lose(event: Event, /) -> None:
        if isinstance(event, ObjectFinished) and event.outcome.ref.kind == "Service":
            admin.delete(SLICE).expect(200)

    plan = planned(client, HOOK.format(policy="Fail"), service.replace("app: judge", "app: nobody"))
    report = apply_plan(client, plan, policy=evolve(QUICK, ready_timeout_seconds=0.3), observer=lose)

    (hook,) = report.failed
    assert (hook.ref.name, hook.action, hook.code) == ("gadgets", Action.TIMED_OUT, "NoEndpoints")
    assert "not ready before" not in hook.message


INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: default}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
"""


@pytest.mark.parametrize(("strict", "action"), [(False, Action.CREATED), (True, Action.TIMED_OUT)])
def test_an_ingress_is_waited_for_where_the_policy_says_so(
    cluster: EmbeddedCluster, strict: bool, action: Action
) -> None:
    policy = evolve(QUICK, ready_timeout_seconds=0.2, ready=ReadyPolicy(ingress_address=strict))
    (found,) = applied(KubeClient(cluster.transport()), INGRESS, policy=policy).outcomes

    assert (found.action, found.code) == (action, "NoAddress")


BALANCER = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{type: LoadBalancer, loadBalancerClass: example.com/{name}, selector: {{app: a}}, ports: [{{port: 80}}]}}
"""


def test_the_load_balancers_of_a_class_have_their_own_time(cluster: EmbeddedCluster) -> None:
    times = ClassTimeout.parse_several("example.com/fast=0.2")
    policy = evolve(QUICK, ready_timeout_seconds=1.5, ready=ReadyPolicy(load_balancer_timeouts=times))
    report = applied(
        KubeClient(cluster.transport()), BALANCER.format(name="fast"), BALANCER.format(name="usual"), policy=policy
    )
    found = {outcome.ref.name: outcome for outcome in report.outcomes}

    assert {one.action for one in found.values()} == {Action.TIMED_OUT}
    assert found["fast"].message.startswith("not ready after 0 s")
    assert found["usual"].message.startswith("not ready after 2 s")
