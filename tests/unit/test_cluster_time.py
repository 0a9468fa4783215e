"""Time in an emulated cluster: it stands still, moves when told, and follows the wall clock while served."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from brokkr_core.model.http import Request
from brokkr_core.testing.cluster import (
    Cluster,
    EmbeddedCluster,
    FaultPlan,
    FaultRule,
    ManualClock,
    Settings,
    StaleDiscovery,
)
from brokkr_core.testing.cluster.columns import age
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.store import Event
from cluster_support import Client, condition, config_map, definition, gadget

GROUP = "slow.example.com"


@pytest.fixture
def slow() -> EmbeddedCluster:
    return EmbeddedCluster(Settings(crd_establish_seconds=5.0))


def test_time_stands_still_between_requests(slow: EmbeddedCluster) -> None:
    client = Client(slow.transport())
    first, second = client.create(config_map("a")), client.create(config_map("b"))
    assert first.get("metadata", "creationTimestamp") == second.get("metadata", "creationTimestamp")


def test_time_moves_when_told(slow: EmbeddedCluster) -> None:
    slow.advance(90)
    reply = Client(slow.transport()).create(config_map())
    assert reply.get("metadata", "creationTimestamp") == "2026-01-01T00:01:30Z"


def test_time_never_runs_backwards() -> None:
    with pytest.raises(ValueError, match="cannot run backwards"):
        ManualClock().advance(-1)


def test_a_definition_is_installing_until_its_delay_is_over(slow: EmbeddedCluster) -> None:
    client = Client(slow.transport())
    client.create(definition(GROUP)).expect(201)
    installing = condition(client.read(definition(GROUP)).body, "Established")
    assert (installing["status"], installing["reason"]) == ("False", "Installing")
    assert client.create(gadget(GROUP)).status == 404
    assert client.call("GET", f"/apis/{GROUP}/v1").status == 404
    slow.advance(4.9)
    assert client.create(gadget(GROUP)).status == 404
    slow.advance(0.2)
    assert condition(client.read(definition(GROUP)).body, "Established")["status"] == "True"
    client.create(gadget(GROUP)).expect(201)


def test_discovery_shows_an_established_definition_only_after_its_own_delay() -> None:
    embedded = EmbeddedCluster(Settings(crd_establish_seconds=5.0, crd_discovery_seconds=2.0))
    client = Client(embedded.transport())
    client.create(definition(GROUP)).expect(201)
    embedded.advance(5)
    assert condition(client.read(definition(GROUP)).body, "Established")["status"] == "True"
    client.create(gadget(GROUP)).expect(201)
    assert shown(client) == (404, False, False, False), "the API answers before discovery knows of it"
    embedded.advance(1.9)
    assert shown(client) == (404, False, False, False)
    embedded.advance(0.1)
    assert shown(client) == (200, True, True, True)


def test_discovery_goes_on_showing_a_definition_that_has_just_gone() -> None:
    embedded = EmbeddedCluster(Settings(crd_discovery_seconds=2.0))
    client = Client(embedded.transport())
    client.create(definition(GROUP)).expect(201)
    embedded.advance(2)
    client.delete(definition(GROUP)).expect(200)
    assert client.list(f"{GROUP}/v1", "Gadget").status == 404
    assert shown(client) == (200, True, True, True)
    embedded.advance(2)
    assert shown(client) == (404, False, False, False)


def test_a_fault_lets_discovery_lag_further_behind() -> None:
    embedded = EmbeddedCluster(Settings(crd_discovery_seconds=2.0))
    client = Client(embedded.transport())
    client.create(definition(GROUP)).expect(201)
    embedded.advance(2.5)
    embedded.break_with(FaultPlan(rules=(FaultRule(effect=StaleDiscovery(seconds=1.0), nth=[1]),)))
    assert client.call("GET", f"/apis/{GROUP}/v1").status == 404
    assert client.call("GET", f"/apis/{GROUP}/v1").status == 200


def shown(client: Client) -> tuple[int, bool, bool, bool]:
    """What the group's own page, the list of groups, aggregated discovery and OpenAPI say of it."""
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    groups, aggregated = client.call("GET", "/apis").text, client.call("GET", "/apis", accept=accept).text
    schemas = client.call("GET", "/openapi/v3").text
    return client.call("GET", f"/apis/{GROUP}/v1").status, GROUP in groups, GROUP in aggregated, GROUP in schemas


def test_a_definition_deleted_while_installing_is_never_served(slow: EmbeddedCluster) -> None:
    client = Client(slow.transport())
    client.create(definition(GROUP))
    client.delete(definition(GROUP)).expect(200)
    slow.advance(10)
    assert client.gone(definition(GROUP))
    assert client.create(gadget(GROUP)).status == 404


def test_what_falls_due_on_the_way_happens_at_its_own_time(slow: EmbeddedCluster) -> None:
    client = Client(slow.transport())
    client.create(definition(GROUP))
    slow.advance(60)
    established = condition(client.read(definition(GROUP)).body, "Established")
    assert established["lastTransitionTime"] == "2026-01-01T00:00:05Z"


def test_a_served_cluster_follows_the_wall_clock() -> None:
    with EmbeddedCluster(Settings(crd_establish_seconds=0.2)) as embedded:
        embedded.serve()
        client = Client(embedded.transport())
        client.create(definition(GROUP))
        query = {"watch": "true", "resourceVersion": str(embedded.cluster.resource_version), "timeoutSeconds": "9"}
        reply = client.call("GET", client.path("apiextensions.k8s.io/v1", "CustomResourceDefinition"), query=query)
        assert reply.events == [("MODIFIED", f"gadgets.{GROUP}")]


def test_controllers_that_never_come_to_rest_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brokkr_core.testing.cluster.core._MOST_REACTIONS", 50)
    cluster = Cluster()

    def restless(core: Core, _event: Event) -> None:
        core.after(0, lambda: None)
        core.store.put(("", "configmaps"), ("default", "a"), {"metadata": {"uid": "x"}})

    cluster.add_reactor(restless)
    body = b'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}'
    with pytest.raises(RuntimeError, match="never come to rest"):
        cluster.handle(Request(method="POST", path="/api/v1/namespaces/default/configmaps", body=body))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0s"), (119, "119s"), (120, "2m"), (7200, "2h"), (172_800, "2d")]
)
def test_ages_are_short(seconds: int, expected: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert age("2026-01-01T00:00:00Z", now) == expected
