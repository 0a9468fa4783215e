"""A new kind is sent objects once it is shown and answered for; a webhook counts once its backend is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from brokkr_core.apply.readiness import Readiness, State
from brokkr_core.apply.readiness.subject import Backend
from brokkr_core.apply.waiting.facts import FactFinder, is_served
from brokkr_core.apply.waiting.served import announced, answered
from brokkr_core.errors import ServerFaultError
from brokkr_core.kube import KubeClient
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ref_of
from engine_support import KINDS, ScriptedCluster, Step, client_over, discovery, listed, live, ok, refusal

GADGETS = "GET /apis/example.com/v1/gadgets"
DEFINITION = live(
    "CustomResourceDefinition",
    api_version="apiextensions.k8s.io/v1",
    namespace="",
    spec={
        "group": "example.com",
        "names": {"kind": "Gadget", "plural": "gadgets"},
        "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
    },
)
SLICES = "GET /apis/discovery.k8s.io/v1/namespaces/lab/endpointslices"
HOOK = live(
    "ValidatingWebhookConfiguration",
    api_version="admissionregistration.k8s.io/v1",
    namespace="",
    webhooks=[{"name": "x", "clientConfig": {"service": {"namespace": "lab", "name": "judge"}}}],
)


def state(found: Readiness) -> tuple[State, str]:
    return found.state, found.reason


@pytest.mark.parametrize("answer", [listed(), refusal(403, "Forbidden", "no"), refusal(405, "MethodNotAllowed", "no")])
def test_a_kind_is_ready_when_its_collection_is_not_not_found(answer: Response) -> None:
    cluster = ScriptedCluster({GADGETS: answer})

    assert state(answered(client_over(cluster), DEFINITION)) == (State.READY, "")
    (asked,) = [one for one in cluster.requests if one.endpoint == GADGETS]
    assert asked.query == {"limit": "1"}


def test_a_kind_that_is_shown_and_not_served_yet_is_asked_for_again() -> None:
    client = client_over(ScriptedCluster({GADGETS: [refusal(404, "NotFound", "the server could not find"), listed()]}))

    assert state(answered(client, DEFINITION)) == (State.IN_PROGRESS, "NotServed")
    assert state(answered(client, DEFINITION)) == (State.READY, "")


def test_trouble_of_the_server_is_not_an_answer() -> None:
    cluster = ScriptedCluster({GADGETS: refusal(500, "InternalError", "oops")})

    with pytest.raises(ServerFaultError):
        answered(client_over(cluster), DEFINITION)
    assert cluster.asked() == [GADGETS], "it is looked at again soon, and not patiently"


def test_a_kind_that_is_not_shown_is_not_asked_for() -> None:
    unknown: JsonObject = {**DEFINITION, "spec": {**as_spec(), "names": {"kind": "Widget", "plural": "widgets"}}}
    cluster = ScriptedCluster()

    assert state(answered(client_over(cluster), unknown)) == (State.IN_PROGRESS, "NotDiscovered")
    assert cluster.asked() == []


def as_spec() -> JsonObject:
    spec = DEFINITION["spec"]
    assert isinstance(spec, dict)
    return spec


def api_service(group: str, version: str = "v1") -> JsonObject:
    return live("APIService", api_version="apiregistration.k8s.io/v1", spec={"group": group, "version": version})


def groups_of(*answers: JsonObject) -> tuple[KubeClient, ScriptedCluster]:
    """A cluster whose ``/apis`` shows one group, with one answer after the other about its version."""
    steps: list[Step] = [
        ok({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "metrics"}, "versions": [one]}]})
        for one in answers
    ]
    cluster = ScriptedCluster({"GET /apis": steps})
    return client_over(cluster), cluster


CURRENT: JsonObject = {"version": "v1", "freshness": "Current", "resources": []}
STALE: JsonObject = {**CURRENT, "freshness": "Stale"}
OTHER: JsonObject = {**CURRENT, "version": "v2"}


@pytest.mark.parametrize("before", [STALE, OTHER])
def test_an_available_api_is_ready_when_discovery_was_read_again_and_shows_it(before: JsonObject) -> None:
    client, cluster = groups_of(OTHER, before, CURRENT)
    client.discovery.resources()

    assert state(announced(client, api_service("metrics"))) == (State.IN_PROGRESS, "NotDiscovered")
    assert state(announced(client, api_service("metrics"))) == (State.READY, "")
    assert len([one for one in cluster.requests if one.path == "/apis"]) == 3


def endpoint(ready: bool | None = True) -> JsonObject:
    return {"addresses": ["192.0.2.1"], "conditions": {"ready": ready}}


@pytest.mark.parametrize(
    ("found", "served"),
    [
        ({"endpoints": [endpoint()]}, True),
        ({"endpoints": [endpoint(None)]}, True),
        ({"endpoints": [{"addresses": ["192.0.2.1"]}]}, True),
        ({"endpoints": [endpoint(ready=False), endpoint()]}, True),
        ({"endpoints": [endpoint(ready=False)]}, False),
        ({"endpoints": []}, False),
        ({"endpoints": None}, False),
        ({}, False),
    ],
)
def test_an_endpoint_answers_unless_it_says_that_it_is_not_ready(found: JsonObject, served: bool) -> None:
    assert is_served(found) is served


def unreached(answer: Response, *, known: bool = True) -> tuple[frozenset[Backend], ScriptedCluster]:
    kinds = (*KINDS, ("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", True)) if known else KINDS

    def groups(request: Request) -> Response:
        return discovery(core=False, kinds=kinds)

    scripts: dict[str, Step | Callable[[Request], Response]] = {"GET /apis": groups, SLICES: answer}
    cluster = ScriptedCluster(scripts)
    return FactFinder(client_over(cluster)).of(ref_of(HOOK), HOOK).unreached, cluster


def test_the_endpoints_of_a_webhooks_service_are_read_by_its_label() -> None:
    found, cluster = unreached(listed({"endpoints": [endpoint(ready=False)]}, {"endpoints": [endpoint()]}))

    assert found == frozenset()
    (asked,) = [one for one in cluster.requests if one.endpoint == SLICES]
    assert asked.query["labelSelector"] == "kubernetes.io/service-name=judge"


@pytest.mark.parametrize("answer", [listed(), listed({"endpoints": [endpoint(ready=False)]})])
def test_a_service_without_a_ready_endpoint_is_not_reached(answer: Response) -> None:
    assert unreached(answer)[0] == {Backend(namespace="lab", name="judge")}


def test_who_may_not_read_endpoints_does_not_wait_for_them() -> None:
    assert unreached(refusal(403, "Forbidden", "no"))[0] == frozenset()
    assert unreached(listed(), known=False)[0] == frozenset()
