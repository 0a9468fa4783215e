"""What a cluster serves is read once for all, and again only when something is missing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from brokkr_core.errors import ClusterUnreachableError, ForbiddenError, NotFoundError, ServerFaultError, UsageError
from brokkr_core.kube import Discovery, Resource
from brokkr_core.kube.answer import read_json
from brokkr_core.model.http import Request
from brokkr_core.model.json import JsonObject
from clock_support import ObedientClock
from engine_support import discovery

LEGACY: dict[str, JsonObject] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [{"versions": [{"groupVersion": "apps/v1"}, {"groupVersion": "metrics.k8s.io/v1"}]}],
    },
    "/api/v1": {
        "groupVersion": "v1",
        "resources": [
            {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["get", "list"]},
            {"name": "pods/status", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
            {"name": "nodes", "kind": "Node", "namespaced": False, "verbs": ["get"]},
        ],
    },
    "/apis/apps/v1": {
        "groupVersion": "apps/v1",
        "resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}],
    },
}


class Served:
    """Answers discovery and counts; what it serves may change."""

    def __init__(self, *, widgets: bool = False) -> None:
        self.widgets = widgets
        self.asked: list[str] = []
        self.fault: ClusterUnreachableError | None = None

    def __call__(self, request: Request) -> JsonObject:
        self.asked.append(request.path)
        if self.fault:
            raise self.fault
        kinds = (("", "v1", "ConfigMap", "configmaps", True), ("example.com", "v1", "Gadget", "gadgets", False))
        more = (("example.com", "v1", "Widget", "widgets", True),) if self.widgets else ()
        return read_json(request, discovery(core=request.path == "/api", kinds=kinds + more))


def legacy(*, broken: Exception | None = None) -> Callable[[Request], JsonObject]:
    def answer(request: Request) -> JsonObject:
        if request.path not in LEGACY:
            raise broken or NotFoundError(status=404, reason="NotFound", message="x")
        return LEGACY[request.path]

    return answer


def test_everything_is_known_after_two_requests() -> None:
    served = Served()
    found = Discovery(served)

    assert found.find("", "v1", "ConfigMap") == Resource(
        group="",
        version="v1",
        kind="ConfigMap",
        plural="configmaps",
        namespaced=True,
        verbs=frozenset({"delete", "get", "list", "patch"}),
    )
    gadget = found.find("example.com", "v1", "Gadget")
    assert gadget is not None
    assert not gadget.namespaced
    assert served.asked == ["/api", "/apis"]


def test_a_miss_asks_again_but_not_at_once() -> None:
    served, clock = Served(), ObedientClock()
    found = Discovery(served, clock=clock)
    found.resources()
    served.widgets = True

    assert found.find("example.com", "v1", "Widget") is None
    clock.seconds += 0.9
    assert found.find("example.com", "v1", "Widget") is None
    clock.seconds += 0.2
    assert found.find("example.com", "v1", "Widget") is not None
    assert len(served.asked) == 4


def test_who_knows_that_a_kind_must_come_may_be_less_patient() -> None:
    served, clock = Served(), ObedientClock()
    found = Discovery(served, clock=clock)
    found.resources()
    served.widgets = True
    clock.seconds += 0.2

    assert found.find("example.com", "v1", "Widget", miss_interval_seconds=0.1) is not None


def test_what_is_known_is_never_asked_for_again() -> None:
    served, clock = Served(), ObedientClock()
    found = Discovery(served, clock=clock)
    for _ in range(5):
        clock.seconds += 1000
        found.find("", "v1", "ConfigMap")

    assert len(served.asked) == 2


def test_a_refresh_asks_whatever_is_known() -> None:
    served = Served()
    found = Discovery(served)
    found.refresh()
    served.widgets = True
    found.refresh()

    assert [one.kind for one in found.resources()] == ["ConfigMap", "Gadget", "Widget"]


def test_many_who_refresh_at_once_share_one_reading() -> None:
    served, never = Served(), threading.Event()
    everybody = threading.Barrier(8)

    def slow(request: Request) -> JsonObject:
        never.wait(0.2)  # long enough for all of them to ask while one reads
        return served(request)

    shared = Discovery(slow)

    def refresh() -> None:
        everybody.wait()
        shared.refresh()

    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(refresh) for _ in range(8)]:
            one.result()

    assert len(served.asked) <= 4, "one reading under way, and one for all who asked meanwhile"


def test_a_reading_that_began_before_a_refresh_was_asked_for_does_not_serve_it() -> None:
    clock, answers = ObedientClock(), Served()

    def late(request: Request) -> JsonObject:
        clock.seconds += 5
        return answers(request)

    found = Discovery(late, clock=clock)
    found.refresh()
    found.refresh()

    assert len(answers.asked) == 4


def test_a_version_from_the_servers_memory_is_shown_and_not_served() -> None:
    entry: JsonObject = {"resource": "pods", "responseKind": {"kind": "PodMetrics"}, "scope": "Namespaced"}

    def answer(request: Request) -> JsonObject:
        versions: JsonObject = {
            "metadata": {"name": "metrics.k8s.io"},
            "versions": [
                {"version": "v1", "freshness": "Stale", "resources": [entry]},
                {"version": "v2", "freshness": "Current", "resources": []},
            ],
        }
        items = [versions] if request.path == "/apis" else []
        return {"kind": "APIGroupDiscoveryList", "items": [*items]}

    found = Discovery(answer)
    found.refresh()

    assert found.find("metrics.k8s.io", "v1", "PodMetrics") is not None
    assert (found.serves("metrics.k8s.io", "v1"), found.serves("metrics.k8s.io", "v2")) == (False, True)


def test_without_aggregated_discovery_a_version_is_served_whose_document_came() -> None:
    found = Discovery(legacy())
    found.refresh()

    assert (found.serves("apps", "v1"), found.serves("", "v1")) == (True, True)
    assert not found.serves("metrics.k8s.io", "v1")


def test_many_who_miss_at_once_share_one_reading() -> None:
    served = Served()
    everybody = threading.Barrier(8)
    found = Discovery(served)

    def miss(_: int) -> Resource | None:
        everybody.wait(timeout=10)
        return found.find("example.com", "v1", "Widget")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(miss, range(8))) == [None] * 8
    assert served.asked == ["/api", "/apis"]


def test_one_failure_answers_everybody_who_waited_for_it() -> None:
    served = Served()
    served.fault = ClusterUnreachableError("gone")
    everybody = threading.Barrier(8)
    clock = ObedientClock()
    found = Discovery(served, clock=clock)

    def miss(_: int) -> bool:
        everybody.wait(timeout=10)
        with pytest.raises(ClusterUnreachableError):
            found.find("example.com", "v1", "Widget")
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(miss, range(8)))
    assert served.asked == ["/api"]


def test_after_a_failure_the_next_one_asks_again() -> None:
    served, clock = Served(), ObedientClock()
    found = Discovery(served, clock=clock)
    served.fault = ClusterUnreachableError("gone")
    with pytest.raises(ClusterUnreachableError):
        found.find("", "v1", "ConfigMap")
    served.fault = None
    clock.seconds += 0.001

    assert found.find("", "v1", "ConfigMap") is not None


def test_a_failed_reading_forgets_nothing() -> None:
    served, clock = Served(), ObedientClock()
    found = Discovery(served, clock=clock)
    found.resources()
    served.fault = ClusterUnreachableError("gone")
    clock.seconds += 10
    with pytest.raises(ClusterUnreachableError):
        found.find("example.com", "v1", "Widget")

    assert found.find("", "v1", "ConfigMap") is not None


def test_a_server_without_aggregated_discovery_is_read_version_by_version() -> None:
    found = Discovery(legacy())

    assert [(one.group, one.kind, one.namespaced) for one in found.resources()] == [
        ("", "Node", False),
        ("", "Pod", True),
        ("apps", "Deployment", True),
    ]
    pod = found.find("", "v1", "Pod")
    assert pod is not None
    assert (pod.subresources, pod.verbs) == (frozenset({"status"}), frozenset({"get", "list"}))


@pytest.mark.parametrize("kind", [ServerFaultError, NotFoundError])
def test_an_api_without_its_backend_hides_no_other(kind: type[ServerFaultError | NotFoundError]) -> None:
    found = Discovery(legacy(broken=kind(status=503, reason="ServiceUnavailable", message="x")))

    assert found.find("apps", "v1", "Deployment") is not None


@pytest.mark.parametrize(
    "error", [ForbiddenError(status=403, reason="Forbidden", message="x"), ClusterUnreachableError("gone")]
)
def test_a_cluster_that_lets_nothing_be_seen_is_an_error_and_not_an_empty_cluster(error: Exception) -> None:
    with pytest.raises(type(error)):
        Discovery(legacy(broken=error)).resources()


@pytest.mark.parametrize(
    ("resource", "namespace", "name", "path"),
    [
        (("", True), "shop", "one", "/api/v1/namespaces/shop/things/one"),
        (("", True), "shop", "", "/api/v1/namespaces/shop/things"),
        (("", True), "", "", "/api/v1/things"),
        (("", False), "shop", "one", "/api/v1/things/one"),
        (("example.com", True), "shop", "one", "/apis/example.com/v1/namespaces/shop/things/one"),
        (("", False), "", "system:node", "/api/v1/things/system:node"),
    ],
)
def test_a_path_leads_to_the_object(resource: tuple[str, bool], namespace: str, name: str, path: str) -> None:
    group, namespaced = resource
    thing = Resource(group=group, version="v1", kind="Thing", plural="things", namespaced=namespaced)

    assert thing.path(namespace=namespace, name=name) == path


@pytest.mark.parametrize("name", [".", "..", "one/status", "../../namespaces/shop", "a%2fb"])
def test_no_name_leads_to_another_object(name: str) -> None:
    thing = Resource(group="", version="v1", kind="Thing", plural="things", namespaced=True)
    with pytest.raises(UsageError, match="Thing"):
        thing.path(namespace="shop", name=name)
    with pytest.raises(UsageError):
        thing.path(namespace=name, name="one")
