"""Requests for a log that an API server answers by itself.

A server without kubelets, as a bare kube-apiserver is, can answer these and no others: the lines themselves come from
the kubelet of the pod's node. What a kubelet says is in ``tests/unit/test_cluster_logs.py``.
"""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject
from cluster_support import Client, Reply


def pod(*containers: str, init: tuple[str, ...] = ()) -> JsonObject:
    """A pod that no node may take, so that no kubelet ever has it."""

    def some(names: tuple[str, ...]) -> list[Json]:
        return [{"name": name, "image": "fine"} for name in names]

    spec: JsonObject = {"containers": some(containers), "nodeSelector": {"brokkr.example.com/nowhere": "true"}}
    if init:
        spec["initContainers"] = some(init)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}


def log(client: Client, **query: str) -> Reply:
    return client.call("GET", client.path("v1", "Pod", "web", subresource="log"), query=query)


def test_a_pod_that_no_node_has_taken_has_no_log_and_that_is_no_error(client: Client) -> None:
    client.create(pod("app")).expect(201)
    for query in ({}, {"container": "app"}, {"follow": "true"}, {"previous": "true"}):
        reply = log(client, **query)
        assert (reply.status, reply.text) == (204, "")


def test_a_pod_that_is_not_there_is_not_found(client: Client) -> None:
    reply = log(client).expect(404)
    assert (reply.reason, reply.message) == ("NotFound", 'pods "web" not found')


def test_a_container_has_to_be_named_where_there_are_several_and_has_to_be_there(client: Client) -> None:
    client.create(pod("app", "sidecar", init=("setup",))).expect(201)
    reply = log(client).expect(400)
    choice = "choose one of: [app sidecar] or one of the init containers: [setup]"
    assert (reply.reason, reply.message) == ("BadRequest", f"a container name must be specified for pod web, {choice}")
    reply = log(client, container="other").expect(400)
    assert (reply.reason, reply.message) == ("BadRequest", "container other is not valid for pod web")
    log(client, container="setup").expect(204)


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ({"tailLines": "-1"}, "tailLines", "Invalid value: -1: must be greater than or equal to 0"),
        ({"limitBytes": "0"}, "limitBytes", "Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "0"}, "sinceSeconds", "Invalid value: 0: must be greater than 0"),
    ],
)
def test_what_is_out_of_range_is_invalid(client: Client, query: dict[str, str], field: str, message: str) -> None:
    client.create(pod("app")).expect(201)
    reply = log(client, **query).expect(422)
    assert (reply.reason, reply.get("details", "kind")) == ("Invalid", "PodLogOptions")
    assert reply.message == f'PodLogOptions "web" is invalid: {field}: {message}'


def test_a_log_begins_at_a_time_or_so_long_ago_and_not_both(client: Client) -> None:
    client.create(pod("app")).expect(201)
    reply = log(client, sinceSeconds="5", sinceTime="2026-08-02T10:00:00Z").expect(422)
    assert "at most one of `sinceTime` or `sinceSeconds` may be specified" in reply.message
    log(client, sinceTime="2026-08-02T10:00:00.123456789Z").expect(204)


@pytest.mark.parametrize("query", [{"tailLines": "many"}, {"sinceTime": "yesterday"}])
def test_what_cannot_be_read_is_a_bad_request(client: Client, query: dict[str, str]) -> None:
    client.create(pod("app")).expect(201)
    assert log(client, **query).expect(400).reason == "BadRequest"


def test_a_log_can_only_be_read(client: Client) -> None:
    client.create(pod("app")).expect(201)
    for method in ("PUT", "DELETE"):
        path = client.path("v1", "Pod", "web", subresource="log")
        assert client.call(method, path).expect(405).reason == "MethodNotAllowed"


def test_discovery_lists_the_log_as_something_to_get(client: Client) -> None:
    listed = client.call("GET", "/api/v1").get("resources")
    assert isinstance(listed, list)
    (entry,) = [one for one in listed if isinstance(one, dict) and one["name"] == "pods/log"]
    assert (entry["kind"], entry["verbs"], entry["namespaced"]) == ("Pod", ["get"], True)
