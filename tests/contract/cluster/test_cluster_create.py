"""POST: what a new object looks like, and when there is none."""

from __future__ import annotations

import re

from brokkr_core.model.json import JsonObject
from cluster_support import Client, config_map, deployment, managers, namespace, unique, with_metadata


def test_a_created_object_gets_an_identity(client: Client) -> None:
    reply = client.create(config_map(a="1")).expect(201)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", reply.uid)
    assert reply.version.isdigit()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(reply.get("metadata", "creationTimestamp")))
    assert reply.get("metadata", "namespace") == client.namespace


def test_a_created_object_can_be_read_back_unchanged(client: Client) -> None:
    created = client.create(config_map(a="1"))
    assert client.read(config_map()).expect(200).body == created.body


def test_a_second_create_is_refused_as_already_existing(client: Client) -> None:
    client.create(config_map())
    reply = client.create(config_map()).expect(409)
    assert reply.reason == "AlreadyExists"
    assert reply.message == 'configmaps "settings" already exists'
    assert reply.get("details") == {"name": "settings", "kind": "configmaps"}


def test_generate_name_gives_every_object_another_name(client: Client) -> None:
    body: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "run-"}}
    names = {str(client.create(body).expect(201).get("metadata", "name")) for _ in range(3)}
    assert len(names) == 3
    assert all(re.fullmatch(r"run-[a-z0-9]{5}", name) for name in names)


def test_a_name_that_is_no_dns_subdomain_is_invalid(client: Client) -> None:
    reply = client.create(config_map("Not_Valid")).expect(422)
    assert reply.reason == "Invalid"
    assert reply.causes == [("FieldValueInvalid", "metadata.name")]


def test_a_missing_name_is_required(client: Client) -> None:
    reply = client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}).expect(422)
    assert ("FieldValueRequired", "metadata.name") in reply.causes


def test_an_object_in_an_unknown_namespace_is_not_found(client: Client) -> None:
    nowhere = Client(client.transport, unique("nowhere"))
    reply = nowhere.create(config_map()).expect(404)
    assert reply.message == f'namespaces "{nowhere.namespace}" not found'


def test_a_body_of_another_namespace_is_a_bad_request(client: Client) -> None:
    reply = client.create(with_metadata(config_map(), namespace="default")).expect(400)
    assert "does not match the namespace sent on the request" in reply.message


def test_a_body_of_another_kind_is_a_bad_request(client: Client) -> None:
    path = client.path("v1", "Secret")
    assert client.call("POST", path, config_map()).expect(400).reason == "BadRequest"


def test_a_body_that_is_no_json_is_a_bad_request(client: Client) -> None:
    path = client.path("v1", "ConfigMap")
    assert client.call("POST", path, "text").expect(400).reason == "BadRequest"


def test_a_body_in_an_unknown_format_is_unsupported(client: Client) -> None:
    reply = client.call("POST", client.path("v1", "ConfigMap"), config_map(), content_type="text/plain").expect(415)
    assert reply.reason == "UnsupportedMediaType"


def test_a_resource_version_in_a_new_object_is_refused(client: Client) -> None:
    reply = client.create(with_metadata(config_map(), resourceVersion="5")).expect(500)
    assert reply.message == "resourceVersion should not be set on objects to be created"


def test_a_uid_in_a_posted_object_is_replaced(client: Client) -> None:
    sent = "11111111-1111-4111-8111-111111111111"
    assert client.create(with_metadata(config_map(), uid=sent)).expect(201).uid != sent


def test_a_dry_run_answers_like_a_create_and_stores_nothing(client: Client) -> None:
    reply = client.create(config_map(a="1"), dryRun="All").expect(201)
    assert reply.uid
    assert client.gone(config_map())


def test_status_cannot_be_posted_where_it_is_a_subresource(client: Client) -> None:
    reply = client.create({**deployment(), "status": {"replicas": 7}}).expect(201)
    assert reply.get("status", "replicas") is None


def test_generation_starts_at_one_for_kinds_that_count_it(client: Client) -> None:
    assert client.create(deployment()).get("metadata", "generation") == 1
    assert client.create(config_map()).get("metadata", "generation") is None


def test_a_post_is_booked_to_the_user_agent_when_no_manager_is_named(client: Client) -> None:
    path = client.path("v1", "ConfigMap")
    reply = client.call("POST", path, config_map(a="1"), headers={"user-agent": "kubectl/1.32 (linux)"})
    assert ("kubectl", "Update", "") in managers(reply)


def test_a_new_namespace_is_active_and_labelled_with_its_name(client: Client) -> None:
    name = unique("fresh")
    reply = client.create(namespace(name)).expect(201)
    client.delete(namespace(name))
    assert reply.get("status", "phase") == "Active"
    assert reply.get("metadata", "labels", "kubernetes.io/metadata.name") == name
