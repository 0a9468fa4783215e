"""Watches in process and over HTTP: what comes, what refuses, what breaks, and that closing ends them at once."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from brokkr_core.errors import ClusterUnreachableError, ForbiddenError, GoneError
from brokkr_core.kube import Change, KubeClient, Resource, Transport, Watch
from brokkr_core.kube.access import Access, load_access
from brokkr_core.kube.urllib3_transport import Urllib3Transport
from brokkr_core.kube.watch import WATCH_SECONDS
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import as_text, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.testing.cluster import (
    DropWatch,
    EmbeddedCluster,
    FaultPlan,
    FaultRule,
    Grant,
    Rbac,
    Refuse,
    Settings,
    User,
)
from engine_support import ScriptedCluster, client_over

MAPS = Resource(group="", version="v1", kind="ConfigMap", plural="configmaps", namespaced=True)
PATH = "GET /api/v1/namespaces/default/configmaps"
SHORT = Settings(event_log_size=3, bookmark_seconds=0.05)
READER = User(name="reader", token="r", grants=[Grant(verbs=["get", "list", "patch"], resources=["*"])])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def embedded(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[EmbeddedCluster]:
    tls = None
    if "https" in request.node.name:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(tls)
    known = Rbac(users=[*Rbac.admin("a").users, READER])
    with EmbeddedCluster(SHORT, rbac=known, tls=tls, ca=authority.cert_pem.bytes()) as made:
        yield made


@pytest.fixture(params=["in process", "http", "https"])
def transport(request: pytest.FixtureRequest, embedded: EmbeddedCluster, tmp_path: Path) -> Iterator[Transport]:
    if request.param == "in process":
        yield embedded.transport()
        return
    embedded.serve()
    path = str(embedded.write_kubeconfig(tmp_path / "kubeconfig"))
    real = Urllib3Transport(lambda: load_access(path, context=None, pool_size=2))
    yield real
    real.close()


@pytest.fixture
def client(transport: Transport) -> KubeClient:
    return KubeClient(transport)


def put(client: KubeClient, name: str, **data: str) -> str:
    ref = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name=name)
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": dict(data)}
    applied = client.apply(body, ref, manager="tester")  # type: ignore[arg-type]
    return as_text(dig(applied.body, "metadata", "resourceVersion"))


def opened(client: KubeClient, version: str = "", **selectors: str) -> Watch:
    return client.watch(MAPS, namespace="default", resource_version=version, **selectors)  # type: ignore[arg-type]


def told(watch: Watch, count: int) -> list[tuple[Change, str]]:
    found: list[tuple[Change, str]] = []
    for event in watch:
        if event.change is not Change.BOOKMARK:
            found.append((event.change, as_text(dig(event.body, "metadata", "name"))))
        if len(found) == count:
            break
    return found


def test_every_change_since_a_version_is_told_in_order(client: KubeClient) -> None:
    version = put(client, "one")
    with opened(client, version) as watch:
        put(client, "one", a="1")
        put(client, "two")

        assert told(watch, 2) == [(Change.MODIFIED, "one"), (Change.ADDED, "two")]


def test_a_page_says_from_where_a_watch_goes_on(client: KubeClient) -> None:
    put(client, "one")
    (page,) = client.pages(MAPS, namespace="default")
    with opened(client, page.resource_version) as watch:
        put(client, "two")

        assert [dig(body, "metadata", "name") for body in page.items] == ["one"]
        assert told(watch, 1) == [(Change.ADDED, "two")]


def test_a_field_selector_narrows_a_list_and_a_watch_to_one_object(client: KubeClient) -> None:
    version = put(client, "one")
    with opened(client, version, fields="metadata.name=two") as watch:
        put(client, "one", a="1")
        put(client, "two")

        assert told(watch, 1) == [(Change.ADDED, "two")]
    (page,) = client.pages(MAPS, namespace="default", fields="metadata.name=two")
    assert [dig(body, "metadata", "name") for body in page.items] == ["two"]


def test_a_bookmark_says_up_to_which_version_everything_was_told(client: KubeClient, embedded: EmbeddedCluster) -> None:
    version = put(client, "one")
    with opened(client, version) as watch:
        embedded.advance(1)
        event = next(iter(watch))

        assert (event.change, int(event.resource_version) >= int(version)) == (Change.BOOKMARK, True)


def test_a_version_that_the_server_forgot_is_gone(client: KubeClient) -> None:
    for number in range(5):
        put(client, f"c{number}")
    with pytest.raises(GoneError):
        opened(client, "1")


def test_an_error_in_the_middle_of_a_watch_is_the_error_it_is() -> None:
    status = '{"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}'
    lines = f'{{"type": "ADDED", "object": {{}}}}\n{{"type": "ERROR", "object": {status}}}\n'
    client = client_over(ScriptedCluster({PATH: Response(status=200, body=lines.encode())}))
    with opened(client) as watch, pytest.raises(GoneError, match="too old"):
        list(watch)


def test_half_an_event_is_a_broken_line() -> None:
    client = client_over(ScriptedCluster({PATH: Response(status=200, body=b'{"type": "ADD')}))
    with opened(client) as watch, pytest.raises(ClusterUnreachableError, match="in the middle of an event"):
        list(watch)


def test_a_watch_that_is_not_allowed_is_forbidden(embedded: EmbeddedCluster) -> None:
    with pytest.raises(ForbiddenError, match="cannot watch"):
        opened(KubeClient(embedded.transport(user="reader")))


def test_a_dropped_watch_is_a_broken_line(client: KubeClient, embedded: EmbeddedCluster) -> None:
    version = put(client, "one")
    embedded.break_with(FaultPlan(rules=[FaultRule(effect=DropWatch(after_events=1))]))
    with opened(client, version) as watch:
        put(client, "one", a="1")
        put(client, "one", a="2")
        with pytest.raises(ClusterUnreachableError):
            told(watch, 2)


def test_a_watch_ends_when_the_server_ends_it(client: KubeClient, embedded: EmbeddedCluster) -> None:
    version = put(client, "one")
    with client.watch(MAPS, namespace="default", resource_version=version, timeout_seconds=1) as watch:
        embedded.advance(1.1)

        assert told(watch, 1) == []


def test_closing_from_another_thread_ends_a_silent_watch_at_once(client: KubeClient) -> None:
    watch = opened(client, put(client, "one"))
    reading, ended = threading.Event(), threading.Event()

    def read() -> None:
        for _ in watch:
            reading.set()
        ended.set()

    reader = threading.Thread(target=read)
    reader.start()
    put(client, "two")
    assert reading.wait(WATCH_SECONDS)
    watch.close()

    assert ended.wait(WATCH_SECONDS / 2), "long before the server would have ended it"
    reader.join()


def test_a_watch_that_is_closed_tells_nothing_and_may_be_closed_again(client: KubeClient) -> None:
    watch = opened(client, put(client, "one"))
    watch.close()
    watch.close()

    assert list(watch) == []


def test_refused_credentials_are_renewed_before_a_watch_begins(embedded: EmbeddedCluster, tmp_path: Path) -> None:
    embedded.serve()
    path = str(embedded.write_kubeconfig(tmp_path / "kubeconfig"))
    loads: list[int] = []

    def load() -> Access:
        loads.append(1)
        return load_access(path, context=None, pool_size=2)

    transport = Urllib3Transport(load)
    client = KubeClient(transport)
    version = put(client, "one")
    embedded.cluster._rbac = embedded._rbac = Rbac.admin("fresh")
    embedded.write_kubeconfig(tmp_path / "kubeconfig")
    with opened(client, version) as watch:
        put(client, "two")

        assert told(watch, 1) == [(Change.ADDED, "two")]
    assert len(loads) == 2
    transport.close()


def test_a_silent_line_is_given_up(embedded: EmbeddedCluster, tmp_path: Path) -> None:
    embedded.serve()
    path = str(embedded.write_kubeconfig(tmp_path / "kubeconfig"))
    transport = Urllib3Transport(lambda: load_access(path, context=None, pool_size=2))
    query = {"watch": "true", "resourceVersion": str(embedded.cluster.resource_version)}
    stream = transport.stream(Request(method="GET", path="/api/v1/configmaps", query=query), timeout_seconds=0.1)
    with pytest.raises(ClusterUnreachableError, match="timed out"):
        list(stream)
    transport.close()


def test_a_watch_that_a_fault_refuses_is_refused(client: KubeClient, embedded: EmbeddedCluster) -> None:
    embedded.break_with(FaultPlan(rules=[FaultRule(effect=Refuse(status=403))]))
    with pytest.raises(ForbiddenError):
        opened(client)


def test_the_cluster_says_what_time_it_is(client: KubeClient, embedded: EmbeddedCluster) -> None:
    embedded.advance(3600)
    put(client, "one")

    assert abs((client.now() - embedded.cluster.clock()).total_seconds()) < 2.0
