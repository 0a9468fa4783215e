"""Watches, read to their end: what they tell and in which order."""

from __future__ import annotations

import json

from brokkr_core.model.json import as_object, dig
from cluster_support import Client, Reply, config_map, with_metadata


def watch(client: Client, **query: str) -> Reply:
    """Watch this namespace's own ConfigMaps for as long as it takes to get what has happened already."""
    asked = {"watch": "true", "timeoutSeconds": "1", "fieldSelector": "metadata.name!=kube-root-ca.crt", **query}
    return client.list("v1", "ConfigMap", **asked)


def test_a_watch_tells_what_happened_since_a_version(client: Client) -> None:
    start = client.create(config_map("old"))
    client.create(config_map("new"))
    client.replace(config_map("new", a="1"))
    client.delete(config_map("new"))
    reply = watch(client, resourceVersion=start.version).expect(200)
    assert reply.events == [("ADDED", "new"), ("MODIFIED", "new"), ("DELETED", "new")]


def test_a_watch_without_version_starts_with_what_is_there(client: Client) -> None:
    client.create(config_map("one"))
    client.create(config_map("two"))
    assert sorted(watch(client).events) == [("ADDED", "one"), ("ADDED", "two")]


def test_initial_events_end_with_a_bookmark(client: Client) -> None:
    client.create(config_map("one"))
    asked = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    lines = watch(client, **asked).expect(200).text.splitlines()
    kinds = [as_object(json.loads(line))["type"] for line in lines]
    assert kinds[:2] == ["ADDED", "BOOKMARK"]
    assert dig(json.loads(lines[1]), "object", "metadata", "annotations", "k8s.io/initial-events-end") == "true"


def test_an_object_that_stops_matching_is_reported_as_deleted(client: Client) -> None:
    start = client.create(with_metadata(config_map(), labels={"tier": "gold"}))
    client.replace(with_metadata(config_map(), labels={"tier": "silver"}))
    client.replace(with_metadata(config_map(), labels={"tier": "gold"}))
    reply = watch(client, resourceVersion=start.version, labelSelector="tier=gold")
    assert reply.events == [("DELETED", "settings"), ("ADDED", "settings")]


def test_a_watch_can_be_narrowed_to_one_name(client: Client) -> None:
    start = client.create(config_map("one"))
    client.create(config_map("two"))
    client.replace(config_map("one", a="1"))
    reply = watch(client, resourceVersion=start.version, fieldSelector="metadata.name=one")
    assert reply.events == [("MODIFIED", "one")]


def test_events_carry_the_version_they_happened_at(client: Client) -> None:
    start = client.create(config_map("one"))
    changed = client.replace(config_map("one", a="1"))
    event = as_object(json.loads(watch(client, resourceVersion=start.version).text.splitlines()[0]))
    assert dig(event, "object", "metadata", "resourceVersion") == changed.version


def test_a_dry_run_is_no_event(client: Client) -> None:
    start = client.create(config_map("one"))
    client.replace(config_map("one", a="1"), dryRun="All")
    assert watch(client, resourceVersion=start.version).events == []


def test_a_watch_of_metadata_shows_no_data(client: Client) -> None:
    client.create(config_map("one", secret="x"))
    accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    query = {"watch": "true", "timeoutSeconds": "1", "fieldSelector": "metadata.name=one"}
    reply = client.call("GET", client.path("v1", "ConfigMap"), query=query, accept=accept)
    body = as_object(as_object(json.loads(reply.text.splitlines()[0]))["object"])
    assert body["kind"] == "PartialObjectMetadata"
    assert "data" not in body


def test_a_version_that_is_no_number_is_refused(client: Client) -> None:
    listed = client.list("v1", "ConfigMap", resourceVersion="yesterday").expect(400)
    watched = watch(client, resourceVersion="yesterday").expect(500)
    assert listed.message == f"invalid resource version: {watched.message}"
