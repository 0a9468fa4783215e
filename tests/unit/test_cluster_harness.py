"""The harness around the core: transports, the request log, kubeconfig, watches over both ways."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import yaml

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.kube.transport import Transport
from brokkr_core.model.http import Request
from brokkr_core.model.json import as_object
from brokkr_core.testing import cluster as package
from brokkr_core.testing.cluster import Cluster, EmbeddedCluster, Settings
from brokkr_core.testing.cluster.stream import OpenWatch
from cluster_support import Client, HttpTransport, config_map

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def test_the_package_offers_exactly_these_names() -> None:
    assert package.__all__ == sorted(package.__all__)
    assert set(package.__all__) == {
        "Cluster",
        "Delay",
        "Denied",
        "Die",
        "DropWatch",
        "EmbeddedCluster",
        "EmbeddedTransport",
        "FaultPlan",
        "FaultRule",
        "Grant",
        "LoggedRequest",
        "ManualClock",
        "Moment",
        "MutatingHook",
        "Rbac",
        "Refuse",
        "RequestLog",
        "Reset",
        "Review",
        "Settings",
        "StaleDiscovery",
        "Truncate",
        "User",
        "ValidatingHook",
        "hold",
        "let_go",
        "restart_container",
        "write_log",
    }


def test_the_embedded_transport_is_a_transport() -> None:
    transport: Transport = EmbeddedCluster().transport()
    reply = transport.send(Request(method="GET", path="/version"), timeout_seconds=1)
    assert reply.status == 200


def test_a_closed_transport_sends_nothing_more() -> None:
    transport = EmbeddedCluster().transport()
    transport.close()
    with pytest.raises(ClusterUnreachableError) as caught:
        transport.send(Request(method="GET", path="/version"), timeout_seconds=1)
    assert caught.value.sent is False


def test_requests_are_counted_by_method_path_and_effect() -> None:
    embedded = EmbeddedCluster()
    client = Client(embedded.transport())
    client.apply(config_map(a="1"), dryRun="All")
    client.apply(config_map(a="1"))
    client.read(config_map())
    log = embedded.requests
    assert (len(log), log.count("PATCH"), log.count(path="/settings"), log.count(writes=True)) == (3, 2, 3, 1)
    assert [(one.method, one.status) for one in log] == [("PATCH", 201), ("PATCH", 201), ("GET", 200)]
    log.clear()
    assert len(log) == 0


def test_requests_over_http_and_in_process_meet_in_one_cluster() -> None:
    with EmbeddedCluster() as embedded:
        over_http = Client(HttpTransport(embedded.serve()))
        over_http.apply(config_map(a="1")).expect(201)
        assert Client(embedded.transport()).read(config_map()).get("data") == {"a": "1"}
        assert [one.method for one in embedded.requests] == ["PATCH", "GET"]


def test_an_unserved_cluster_has_no_address() -> None:
    with pytest.raises(RuntimeError, match=r"call serve\(\) first"):
        _ = EmbeddedCluster().url


def test_the_kubeconfig_leads_to_the_served_cluster(tmp_path: Path) -> None:
    with EmbeddedCluster() as embedded:
        embedded.serve()
        path = embedded.write_kubeconfig(tmp_path / "kubeconfig")
        content = as_object(yaml.safe_load(path.read_text()))
        assert content == embedded.kubeconfig()
        assert embedded.url in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def test_a_cluster_can_be_served_again() -> None:
    embedded = EmbeddedCluster()
    for _ in range(2):
        with embedded:
            assert Client(HttpTransport(embedded.serve())).call("GET", "/healthz").text == "ok"


def test_a_stream_delivers_events_as_they_happen() -> None:
    embedded = EmbeddedCluster()
    client = Client(embedded.transport())
    query = {"watch": "true", "timeoutSeconds": "30", "resourceVersion": str(embedded.cluster.resource_version)}
    lines = embedded.transport().stream(Request(method="GET", path=CONFIG_MAPS, query=query), timeout_seconds=10)
    writer = threading.Thread(target=lambda: client.create(config_map("one")))
    writer.start()
    event = as_object(json.loads(next(lines)))
    writer.join()
    assert event["type"] == "ADDED"
    embedded.advance(31)
    assert list(lines) == []


def test_a_stream_of_a_refused_watch_is_its_refusal() -> None:
    embedded = EmbeddedCluster(Settings(event_log_size=2))
    client = Client(embedded.transport())
    for number in range(5):
        client.create(config_map(f"c{number}"))
    request = Request(method="GET", path=CONFIG_MAPS, query={"watch": "true", "resourceVersion": "101"})
    (line,) = embedded.transport().stream(request, timeout_seconds=1)
    assert as_object(json.loads(line))["reason"] == "Expired"


def test_a_version_that_left_the_log_is_gone_for_watches_and_pages() -> None:
    embedded = EmbeddedCluster(Settings(event_log_size=3))
    client = Client(embedded.transport())
    for number in range(3):
        client.create(config_map(f"c{number}"))
    token = str(client.list("v1", "ConfigMap", limit="1").get("metadata", "continue"))
    for number in range(3, 9):
        client.create(config_map(f"c{number}"))
    expired = client.list("v1", "ConfigMap", **{"limit": "1", "continue": token}).expect(410)
    assert expired.reason == "Expired"
    assert client.list("v1", "ConfigMap", watch="true", resourceVersion="102").expect(410).reason == "Expired"
    exact = {"resourceVersion": "102", "resourceVersionMatch": "Exact"}
    assert client.list("v1", "ConfigMap", **exact).expect(410).reason == "Expired"


def test_a_watch_gets_bookmarks_while_nothing_happens() -> None:
    embedded = EmbeddedCluster(Settings(bookmark_seconds=10))
    query = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": "102", "timeoutSeconds": "60"}
    watch = embedded.open_stream(Request(method="GET", path=CONFIG_MAPS, query=query))
    assert isinstance(watch, OpenWatch)
    lines, ended = embedded.take(watch)
    assert (lines, ended) == (b"", False)
    embedded.advance(10)
    lines, _ = embedded.take(watch)
    assert as_object(json.loads(lines))["type"] == "BOOKMARK"
    embedded.advance(60)
    assert embedded.take(watch)[1] is True


def test_a_cluster_can_be_dumped_whole() -> None:
    cluster = Cluster()
    objects = cluster.objects()
    assert {key[3] for key in objects} == {"default", "kube-node-lease", "kube-public", "kube-system"}
    as_object(objects["", "namespaces", "", "default"]["metadata"])["name"] = "changed"
    assert cluster.objects()["", "namespaces", "", "default"] != objects["", "namespaces", "", "default"]


def test_the_core_alone_answers_a_watch_with_what_is_pending() -> None:
    cluster = Cluster()
    request = Request(method="GET", path="/api/v1/namespaces", query={"watch": "1"})
    response = cluster.handle(request)
    assert response.status == 200
    assert len(response.body.splitlines()) == 4


def test_unreadable_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="crd_establish_seconds"):
        Settings(crd_establish_seconds=-1)
    with pytest.raises(ValueError, match="crd_discovery_seconds"):
        Settings(crd_discovery_seconds=-1)


def test_many_threads_write_without_losing_anything() -> None:
    embedded = EmbeddedCluster()

    def write(worker: int) -> None:
        client = Client(embedded.transport())
        for number in range(20):
            client.apply(config_map(f"w{worker}-{number}", a="1")).expect(201)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Client(embedded.transport()).list("v1", "ConfigMap").names) == 160
