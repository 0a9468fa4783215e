"""What goes wrong on purpose: the same plan, in process and over HTTP, seen by a client that tells the two apart."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.kube.access import load_access
from brokkr_core.kube.transport import Transport
from brokkr_core.kube.urllib3_transport import Urllib3Transport
from brokkr_core.model.http import Request
from brokkr_core.model.json import as_object
from brokkr_core.testing.cluster import (
    Delay,
    Die,
    DropWatch,
    EmbeddedCluster,
    FaultPlan,
    FaultRule,
    Moment,
    Refuse,
    Reset,
    StaleDiscovery,
    Truncate,
    hold,
    let_go,
)
from brokkr_core.testing.cluster.faults import Effect
from cluster_support import Client, config_map, definition

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def embedded() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as cluster:
        yield cluster


@pytest.fixture(params=["in-process", "http"])
def transport(request: pytest.FixtureRequest, embedded: EmbeddedCluster, tmp_path: Path) -> Iterator[Transport]:
    if request.param == "in-process":
        yield embedded.transport()
        return
    embedded.serve()
    kubeconfig = embedded.write_kubeconfig(tmp_path / "kubeconfig")
    real = Urllib3Transport(lambda: load_access(str(kubeconfig), context=None, pool_size=2))
    yield real
    real.close()


@pytest.fixture
def client(transport: Transport) -> Client:
    return Client(transport)


def plan(effect: Effect, *, writes: bool | None = None, nth: tuple[int, ...] = ()) -> FaultPlan:
    return FaultPlan(rules=[FaultRule(effect=effect, writes=writes, nth=nth)])


def lost(client: Client) -> ClusterUnreachableError:
    """Apply a ConfigMap that gets no answer."""
    with pytest.raises(ClusterUnreachableError) as caught:
        client.apply(config_map(a="1"))
    return caught.value


def test_without_a_plan_nothing_goes_wrong(client: Client) -> None:
    client.apply(config_map(a="1")).expect(201)


def test_throttling_names_how_long_to_wait_and_does_nothing(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(Refuse(status=429, retry_after_seconds=7), nth=(1,)))
    refused = client.apply(config_map(a="1")).expect(429)
    assert (refused.headers["retry-after"], refused.get("details", "retryAfterSeconds")) == ("7", 7)
    assert refused.reason == "TooManyRequests"
    assert client.read(config_map()).status == 404


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "Unauthorized"), (500, "InternalError"), (503, "ServiceUnavailable"), (504, "Timeout"), (599, "")],
)
def test_a_refusal_is_a_status_object(client: Client, embedded: EmbeddedCluster, status: int, reason: str) -> None:
    embedded.break_with(plan(Refuse(status=status)))
    refused = client.read(config_map()).expect(status)
    assert (refused.get("kind"), refused.reason, refused.get("code")) == ("Status", reason, status)


def test_a_reset_before_the_commit_leaves_nothing_behind(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(Reset(moment=Moment.BEFORE), writes=True))
    assert lost(client).sent is True
    assert client.read(config_map()).status == 404


def test_a_reset_after_the_commit_leaves_the_object_behind(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(Reset(moment=Moment.AFTER), writes=True))
    assert lost(client).sent is True
    assert client.read(config_map()).get("data") == {"a": "1"}
    assert [(one.method, one.status) for one in embedded.requests] == [("PATCH", 0), ("GET", 200)]


def test_a_truncated_answer_is_no_answer(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(Truncate(), writes=True))
    assert lost(client).sent is True
    assert client.read(config_map()).status == 200


def test_latency_is_waited_for(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.break_with(FaultPlan(rules=[FaultRule(effect=Delay(seconds=0.05)), FaultRule(effect=Delay(seconds=0.05))]))
    start = time.monotonic()
    client.apply(config_map(a="1")).expect(201)
    assert time.monotonic() - start >= 0.1


def test_an_answer_that_comes_too_late_is_no_answer(transport: Transport, embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(Delay(seconds=0.3)))
    with pytest.raises(ClusterUnreachableError) as caught:
        transport.send(Request(method="GET", path="/version"), timeout_seconds=0.05)
    assert caught.value.sent is True


@pytest.mark.parametrize("moment", list(Moment))
def test_a_dead_server_refuses_connections_until_it_is_revived(
    client: Client, embedded: EmbeddedCluster, moment: Moment
) -> None:
    embedded.break_with(FaultPlan.dying(2, moment))
    client.apply(config_map("first", a="1")).expect(201)
    assert lost(client).sent is True
    assert embedded.alive is False
    embedded.wait_until_dead()
    assert lost(client).sent is False
    embedded.revive()
    assert client.read(config_map("first")).status == 200
    assert client.read(config_map()).status == (404 if moment is Moment.BEFORE else 200)
    client.apply(config_map(a="1")).expect(201 if moment is Moment.BEFORE else 200)


def test_a_dead_cluster_can_be_closed(transport: Transport, embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(Die()))
    assert lost(Client(transport)).sent is True
    embedded.close()
    assert embedded.alive is False


def test_discovery_answers_as_of_before(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.advance(60)
    embedded.break_with(plan(StaleDiscovery(seconds=30)))
    client.create(definition("late.example.com")).expect(201)
    assert client.list("late.example.com/v1", "Gadget").status == 200, "the API itself is there"
    assert client.call("GET", "/apis/late.example.com/v1").status == 404
    assert "late.example.com" not in client.call("GET", "/apis").text
    embedded.advance(31)
    assert client.call("GET", "/apis/late.example.com/v1").status == 200


def test_a_watch_is_dropped_after_its_share_of_events(embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(DropWatch(after_events=2)))
    query = {"watch": "true", "timeoutSeconds": "30"}
    request = Request(method="GET", path="/api/v1/namespaces", query=query)
    lines = embedded.transport().stream(request, timeout_seconds=10)
    names = [as_object(json.loads(next(lines)))["type"] for _ in range(2)]
    assert names == ["ADDED", "ADDED"]
    with pytest.raises(ClusterUnreachableError, match="the watch was dropped"):
        next(lines)


def test_a_watch_can_be_dropped_at_once(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(DropWatch()))
    with pytest.raises(ClusterUnreachableError):
        client.list("v1", "ConfigMap", watch="true", timeoutSeconds="5")
    assert client.list("v1", "ConfigMap").status == 200


def test_a_watch_can_be_refused_and_reset_like_any_request(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.break_with(plan(Refuse(status=503), nth=(1,)))
    assert client.list("v1", "ConfigMap", watch="true").status == 503
    embedded.break_with(plan(Reset()))
    with pytest.raises(ClusterUnreachableError):
        client.list("v1", "ConfigMap", watch="true")


def test_an_open_watch_ends_when_the_server_dies(embedded: EmbeddedCluster) -> None:
    transport = embedded.transport()
    query = {"watch": "true", "timeoutSeconds": "30"}
    lines = transport.stream(Request(method="GET", path="/api/v1/namespaces", query=query), timeout_seconds=10)
    for _ in range(4):
        next(lines)
    embedded.break_with(plan(Die(), writes=True))
    assert lost(Client(transport)).sent is True
    with pytest.raises(ClusterUnreachableError, match="refused"):
        next(lines)


def test_a_rule_befalls_only_the_requests_it_names(client: Client, embedded: EmbeddedCluster) -> None:
    rule = FaultRule(effect=Refuse(status=500), method="PATCH", path="/configmaps/settings$", writes=True, nth=(2,))
    embedded.break_with(FaultPlan(rules=[rule]))
    client.apply(config_map("other", a="1")).expect(201)
    client.apply(config_map(a="1"), dryRun="All").expect(201)
    client.apply(config_map(a="1")).expect(201)
    client.apply(config_map(a="1")).expect(500)
    client.apply(config_map(a="1")).expect(200)


def test_the_first_rule_that_decides_wins(client: Client, embedded: EmbeddedCluster) -> None:
    embedded.break_with(
        FaultPlan(rules=[FaultRule(effect=Refuse(status=503), nth=(1,)), FaultRule(effect=Refuse(status=500))])
    )
    assert [client.read(config_map()).status for _ in range(2)] == [503, 500]


def statuses(faults: FaultPlan, count: int) -> list[int]:
    client = Client(EmbeddedCluster(faults=faults).transport())
    return [client.read(config_map()).status for _ in range(count)]


@given(seed=st.integers(0, 2**32), probability=st.floats(0.0, 1.0))
def test_chance_repeats_itself(seed: int, probability: float) -> None:
    faults = FaultPlan(rules=[FaultRule(effect=Refuse(status=503), probability=probability)], seed=seed)
    assert statuses(faults, 20) == statuses(faults, 20)


def test_another_seed_is_another_chance() -> None:
    rule = FaultRule(effect=Refuse(status=503), probability=0.5)
    runs = {tuple(statuses(FaultPlan(rules=[rule], seed=seed), 20)) for seed in range(5)}
    assert len(runs) == 5
    assert all({404, 503} == set(run) for run in runs)


def test_a_held_object_stays_until_it_is_let_go(client: Client, embedded: EmbeddedCluster) -> None:
    client.apply(config_map(a="1"))
    hold(embedded, f"{CONFIG_MAPS}/settings")
    client.delete(config_map()).expect(200)
    embedded.advance(3600)
    assert client.read(config_map()).get("metadata", "finalizers") == ["testing.brokkr.dev/stuck"]
    let_go(embedded, f"{CONFIG_MAPS}/settings")
    assert client.gone(config_map())
    assert embedded.requests.count("PATCH") == 1, "what a test sets up is not logged"


def test_nothing_can_be_held_where_nothing_is(embedded: EmbeddedCluster) -> None:
    with pytest.raises(LookupError, match="configmaps/settings: 404"):
        hold(embedded, f"{CONFIG_MAPS}/settings")


def test_a_plan_that_makes_no_sense_is_refused_when_it_is_written() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        FaultRule(effect=Truncate(), path="(")
    with pytest.raises(ValueError, match="probability"):
        FaultRule(effect=Truncate(), probability=2.0)
    with pytest.raises(ValueError, match="status"):
        Refuse(status=200)
