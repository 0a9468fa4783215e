"""Webhooks and aggregated APIs: after what answers for them, before what they look at."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.ordering import order
from ordering_objects import (
    a_config_map,
    a_crd,
    a_deployment,
    a_namespace,
    a_resource,
    a_rule,
    a_secret,
    a_service,
    a_webhook,
    a_webhook_configuration,
    an_object,
    edge_between,
)

NAMESPACE = a_namespace("hooks")
SERVICE = a_service("hook", "hooks", {"app": "hook"})
ANSWERING = a_deployment("hook", "hooks", pods={"app": "hook", "version": "1"})
BACKEND = [NAMESPACE, SERVICE, ANSWERING]
EVERYTHING = a_rule("*")


def intercepts(configuration: Manifest, looked_at: Manifest, *others: Manifest) -> bool:
    """Tell whether a plan advises a configuration before an object."""
    return edge_between(order([looked_at, configuration, *others]), configuration, looked_at) is not None


def a_hook(*rules: JsonObject, **more: Json) -> Manifest:
    return a_webhook_configuration("hook", {**a_webhook(*rules, service=("hooks", "hook")), **more})


@pytest.mark.parametrize("kind", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
def test_a_configuration_goes_after_its_service_and_the_pods_behind_it(kind: str) -> None:
    webhooks = [a_webhook(), a_webhook(service=("hooks", "hook"))]
    configuration = a_webhook_configuration("hook", *webhooks, kind=kind)
    plan = order([configuration, *BACKEND])
    where = "webhooks[1].clientConfig.service"
    assert edge_between(plan, SERVICE, configuration) == Edge(
        before=SERVICE.ref,
        after=configuration.ref,
        kind=EdgeKind.WEBHOOK,
        because=f"it calls this Service at {where}",
    )
    assert edge_between(plan, ANSWERING, configuration) == Edge(
        before=ANSWERING.ref,
        after=configuration.ref,
        kind=EdgeKind.WEBHOOK,
        because=f"it calls Service/hooks/hook at {where}, behind which this Deployment answers",
    )
    assert plan.manifests[-1] == configuration


def test_only_what_the_service_selects_and_what_keeps_running_is_the_backend() -> None:
    job = an_object(
        "batch/v1", "Job", "patch", "hooks", {"spec": {"template": {"metadata": {"labels": {"app": "hook"}}}}}
    )
    other = a_deployment("other", "hooks")
    elsewhere = a_deployment("hook", "elsewhere")
    plan = order([a_hook(), *BACKEND, job, other, elsewhere])
    waited_for = {edge.before for edge in plan.edges if edge.kind is EdgeKind.WEBHOOK}
    assert waited_for == {SERVICE.ref, ANSWERING.ref}


def test_a_service_without_a_selector_has_no_pods_of_the_bundle_behind_it() -> None:
    bare = a_service("hook", "hooks")
    plan = order([a_hook(), bare, ANSWERING])
    assert [edge.before for edge in plan.edges] == [bare.ref]


def test_a_configuration_is_advised_before_what_it_intercepts() -> None:
    configuration, settings = a_hook(a_rule("configmaps")), a_config_map("settings")
    edge = edge_between(order([settings, configuration, *BACKEND]), configuration, settings)
    assert edge is not None
    assert (edge.kind, edge.hard) == (EdgeKind.WEBHOOK, False)
    assert edge.because == "this configuration intercepts it (webhook hook.example.com)"


def test_a_configuration_that_calls_a_url_is_still_before_what_it_intercepts() -> None:
    assert intercepts(a_webhook_configuration("far", a_webhook(a_rule("*"))), a_config_map("settings"))


def test_an_injector_goes_before_the_workloads_whose_pods_it_changes() -> None:
    rule = a_rule("pods", groups=("",))
    configuration = a_hook(rule, objectSelector={"matchLabels": {"inject": "yes"}})
    web = a_deployment("web", pods={"app": "web", "inject": "yes"})
    plain = a_deployment("plain", labels={"inject": "yes"})
    plan = order([web, plain, configuration, *BACKEND])
    edge = edge_between(plan, configuration, web)
    assert edge is not None
    assert edge.because == "this configuration intercepts its pods (webhook hook.example.com)"
    assert edge_between(plan, configuration, plain) is None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (a_rule("configmaps", groups=("",)), True),
        (a_rule("configmaps", groups=("apps",)), False),
        (a_rule("*"), True),
        (a_rule("*/*"), True),
        (a_rule("configmaps/*"), True),
        (a_rule("configmaps/status"), False),
        (a_rule("*/scale"), False),
        (a_rule("secrets", "configmaps"), True),
        (a_rule("configmaps", operations=("UPDATE",)), True),
        (a_rule("configmaps", operations=("*",)), True),
        (a_rule("configmaps", operations=("DELETE", "CONNECT")), False),
        (a_rule("configmaps", scope="Namespaced"), True),
        (a_rule("configmaps", scope="Cluster"), False),
        (a_rule("configmaps", scope="*"), True),
    ],
)
def test_a_rule_is_read_as_the_api_server_reads_it(rule: JsonObject, expected: bool) -> None:
    assert intercepts(a_hook(rule), a_config_map("settings")) == expected


@pytest.mark.parametrize(("policy", "expected"), [("Exact", False), ("Equivalent", True)])
def test_the_version_counts_only_when_the_match_is_exact(policy: str, expected: bool) -> None:
    rule: JsonObject = {**a_rule("deployments"), "apiVersions": ["v1beta1"]}
    assert intercepts(a_hook(rule, matchPolicy=policy), a_deployment("web")) == expected


def test_the_plural_and_the_scope_of_a_custom_resource_come_from_its_crd() -> None:
    crd = a_crd("Ox", plural="oxen", scope="Cluster")
    ox = a_resource("Ox", "bessie", "")
    assert intercepts(a_hook(a_rule("oxen", scope="Cluster")), ox, crd)
    assert not intercepts(a_hook(a_rule("oxes")), ox, crd)
    assert not intercepts(a_hook(a_rule("oxen", scope="Namespaced")), ox, crd)


def test_a_scope_that_only_the_cluster_knows_counts_as_intercepted() -> None:
    thing = a_resource("Thing", "t", "", group="elsewhere.io")
    assert intercepts(a_hook(a_rule("things", scope="Cluster")), thing)
    assert intercepts(a_hook(a_rule("things", scope="Namespaced")), thing)


IN_SHOP: JsonObject = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}
GUARDED: JsonObject = {"matchLabels": {"guarded": "yes"}}
NOT_OPTED_OUT: JsonObject = {"matchExpressions": [{"key": "skip", "operator": "DoesNotExist"}]}


@pytest.mark.parametrize(
    ("selector", "namespaces", "expected"),
    [
        (IN_SHOP, [], True),
        (IN_SHOP, [a_namespace("shop")], True),
        ({"matchLabels": {"kubernetes.io/metadata.name": "other"}}, [], False),
        (GUARDED, [a_namespace("shop", {"guarded": "yes"})], True),
        (GUARDED, [a_namespace("shop")], False),
        (GUARDED, [], True),
        (NOT_OPTED_OUT, [a_namespace("shop", {"skip": ""})], False),
        (NOT_OPTED_OUT, [a_namespace("shop")], True),
    ],
    ids=[
        "by name, namespace elsewhere",
        "by name",
        "by another name",
        "label present",
        "label absent",
        "labels unknown: in doubt, yes",
        "opted out",
        "not opted out",
    ],
)
def test_the_namespace_selector_is_honoured_as_far_as_the_bundle_can_tell(
    selector: JsonObject, namespaces: list[Manifest], expected: bool
) -> None:
    configuration = a_hook(EVERYTHING, namespaceSelector=selector)
    assert intercepts(configuration, a_config_map("settings"), *namespaces) == expected


def test_the_namespace_selector_looks_at_a_namespace_itself_and_not_at_other_cluster_scoped_objects() -> None:
    configuration = a_hook(EVERYTHING, namespaceSelector=GUARDED)
    assert intercepts(configuration, a_namespace("shop", {"guarded": "yes"}))
    assert not intercepts(configuration, a_namespace("shop"))
    assert intercepts(configuration, an_object("v1", "PersistentVolume", "disk"))


def test_a_webhook_never_intercepts_what_it_needs_itself() -> None:
    """Otherwise every operator that looks at everything would be a circle."""
    second = a_webhook_configuration("second", a_webhook(EVERYTHING))
    crd = a_crd("Widget")
    configuration = a_hook(EVERYTHING)
    plan = order([configuration, second, crd, *BACKEND])
    for untouched in (second, crd, configuration, *BACKEND):
        assert edge_between(plan, configuration, untouched) is None
    assert plan.dropped == ()


def test_what_the_backend_needs_wins_over_what_the_webhook_would_like_to_see() -> None:
    needy = a_deployment("hook", "hooks", spec={"volumes": [{"secret": {"secretName": "key", "optional": True}}]})
    key = a_secret("key", "hooks")
    configuration = a_hook(EVERYTHING)
    plan = order([configuration, NAMESPACE, SERVICE, needy, key])
    assert edge_between(plan, key, needy) is not None
    assert [(edge.before, edge.after) for edge in plan.dropped] == [(configuration.ref, key.ref)]


def test_resources_are_advised_after_the_backend_of_their_conversion_webhook_and_the_crd_is_not() -> None:
    crd = a_crd("Widget", conversion=("hooks", "hook"))
    widget = a_resource("Widget", "w")
    plan = order([widget, crd, *BACKEND])
    for member in (SERVICE, ANSWERING):
        edge = edge_between(plan, member, widget)
        assert edge is not None
        assert (edge.kind, edge.hard) == (EdgeKind.WEBHOOK, False)
        assert edge_between(plan, member, crd) is None


def an_apiservice(group: str, version: str, service: JsonObject | None) -> Manifest:
    spec: JsonObject = {"group": group, "version": version}
    if service:
        spec["service"] = service
    return an_object("apiregistration.k8s.io/v1", "APIService", f"{version}.{group}", body={"spec": spec})


def test_an_aggregated_api_goes_after_its_backend_and_before_its_objects() -> None:
    api = an_apiservice("meters.io", "v1", {"namespace": "hooks", "name": "hook"})
    meter = a_resource("Meter", "m", group="meters.io")
    newer = a_resource("Meter", "n", group="meters.io", version="v2")
    plan = order([newer, meter, api, *BACKEND])
    for before, after in ((SERVICE, api), (ANSWERING, api), (api, meter)):
        edge = edge_between(plan, before, after)
        assert edge is not None
        assert (edge.kind, edge.hard) == (EdgeKind.APISERVICE, True)
    assert edge_between(plan, api, newer) is None


def test_an_api_that_the_server_answers_itself_waits_for_nothing() -> None:
    api = an_apiservice("meters.io", "v1", None)
    assert order([a_resource("Meter", "m", group="meters.io"), api]).edges == ()
