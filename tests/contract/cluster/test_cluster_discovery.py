"""What a cluster says about itself."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import JsonObject, as_list, as_object, as_text, dig
from cluster_support import Client, Reply, eventually
from real_support import is_not_served

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def ask_aggregated(client: Client, path: str) -> Reply:
    """Ask for aggregated discovery, which old servers do not have."""
    reply = client.call("GET", path, accept=AGGREGATED)
    if reply.status == 406:
        pytest.skip("the server does not serve aggregated discovery")
    return reply


def aggregated(client: Client, path: str) -> dict[tuple[str, str, str], JsonObject]:
    """Every resource by group, version and plural."""
    items = as_list(ask_aggregated(client, path).expect(200).get("items"))
    return {
        (as_text(dig(group, "metadata", "name")), as_text(dig(version, "version")), as_text(dig(found, "resource"))): (
            as_object(found)
        )
        for group in items
        for version in as_list(dig(group, "versions"))
        for found in as_list(dig(version, "resources"))
    }


def test_the_version_is_told(client: Client) -> None:
    reply = client.call("GET", "/version").expect(200)
    assert (reply.get("major"), str(reply.get("gitVersion"))[0]) == ("1", "v")


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_the_server_is_well(client: Client, path: str) -> None:
    assert client.call("GET", path).expect(200).text == "ok"


def test_the_core_group_has_one_version(client: Client) -> None:
    assert client.call("GET", "/api").expect(200).get("versions") == ["v1"]


def test_groups_are_listed_with_their_preferred_version(client: Client) -> None:
    client.call("GET", "/apis/apps/v1").expect(200)
    groups = as_list(client.call("GET", "/apis").expect(200).get("groups"))
    preferred = {as_text(dig(g, "name")): as_text(dig(g, "preferredVersion", "groupVersion")) for g in groups}
    assert preferred["apps"] == "apps/v1"
    assert preferred["rbac.authorization.k8s.io"] == "rbac.authorization.k8s.io/v1"


def test_resources_of_a_group_are_described(client: Client) -> None:
    listed = as_list(client.call("GET", "/apis/apps/v1").expect(200).get("resources"))
    found = {as_text(dig(resource, "name")): as_object(resource) for resource in listed}
    deployments = found["deployments"]
    assert (deployments["kind"], deployments["namespaced"]) == ("Deployment", True)
    assert deployments["shortNames"] == ["deploy"]
    assert "all" in as_list(deployments["categories"])
    assert {"create", "delete", "get", "list", "patch", "update", "watch"} <= {
        *map(as_text, as_list(deployments["verbs"]))
    }
    assert found["deployments/scale"]["kind"] == "Scale"


def test_a_group_that_is_not_served_is_not_found(client: Client) -> None:
    assert is_not_served(client, "nobody.example.com/v1")


def test_aggregated_discovery_describes_everything_in_two_requests(client: Client) -> None:
    found = {**aggregated(client, "/api"), **aggregated(client, "/apis")}
    config_maps = found["", "v1", "configmaps"]
    assert dig(config_maps, "responseKind", "kind") == "ConfigMap"
    assert config_maps["scope"] == "Namespaced"
    assert found["rbac.authorization.k8s.io", "v1", "clusterroles"]["scope"] == "Cluster"
    subresources = [dig(sub, "subresource") for sub in as_list(found["apps", "v1", "deployments"]["subresources"])]
    assert {"scale", "status"} <= set(subresources)


def test_aggregated_discovery_says_what_it_is(client: Client) -> None:
    reply = ask_aggregated(client, "/apis").expect(200)
    assert reply.get("kind") == "APIGroupDiscoveryList"
    assert "as=APIGroupDiscoveryList" in reply.headers["content-type"]


def test_an_unchanged_discovery_is_answered_by_its_tag(client: Client) -> None:
    first = ask_aggregated(client, "/apis")
    again = client.call("GET", "/apis", accept=AGGREGATED, headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")


def test_a_custom_resource_appears_in_aggregated_discovery(client: Client, group: str) -> None:
    eventually(lambda: (group, "v1", "gadgets") in aggregated(client, "/apis"))
    assert dig(aggregated(client, "/apis")[group, "v1", "gadgets"], "responseKind", "kind") == "Gadget"


def test_openapi_says_that_patches_take_field_validation(client: Client) -> None:
    client.call("GET", "/apis/apps/v1").expect(200)
    paths = as_object(client.call("GET", "/openapi/v3").expect(200).get("paths"))
    url = as_text(dig(paths["apis/apps/v1"], "serverRelativeURL"))
    path, _, query = url.partition("?")
    document = client.call("GET", path, query=dict([query.split("=", 1)]) if query else {}).expect(200)
    operation = dig(
        as_object(document.get("paths"))["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"], "patch"
    )
    names = [dig(parameter, "name") for parameter in as_list(dig(operation, "parameters"))]
    assert "fieldValidation" in names


def test_a_client_may_ask_what_it_may_do(client: Client) -> None:
    body: JsonObject = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "create", "resource": "pods"}},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert client.call("POST", path, body).expect(201).get("status", "allowed") is True
