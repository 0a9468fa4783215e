"""Other faces of objects: metadata only, and tables."""

from __future__ import annotations

from brokkr_core.model.json import as_list, as_object, as_text, dig
from cluster_support import Client, config_map, deployment

METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def test_a_metadata_list_carries_metadata_and_nothing_else(client: Client) -> None:
    made = client.create(config_map("one", a="1"))
    query = {"fieldSelector": "metadata.name=one"}
    reply = client.call("GET", client.path("v1", "ConfigMap"), query=query, accept=METADATA_LIST).expect(200)
    assert (reply.get("kind"), reply.get("apiVersion")) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    item = as_object(as_list(reply.get("items"))[0])
    assert set(item) <= {"kind", "apiVersion", "metadata"}
    assert item["metadata"] == made.get("metadata")


def test_one_object_can_be_read_as_metadata(client: Client) -> None:
    client.create(config_map("one", a="1"))
    reply = client.call("GET", client.path("v1", "ConfigMap", "one"), accept=METADATA).expect(200)
    assert (reply.get("kind"), reply.get("data")) == ("PartialObjectMetadata", None)


def test_a_metadata_list_is_paged_like_any_list(client: Client) -> None:
    for name in ("one", "two", "three"):
        client.create(config_map(name))
    query = {"limit": "1"}
    reply = client.call("GET", client.path("v1", "ConfigMap"), query=query, accept=METADATA_LIST).expect(200)
    assert len(as_list(reply.get("items"))) == 1
    assert reply.get("metadata", "continue")


def test_a_table_has_columns_and_rows(client: Client) -> None:
    client.create(config_map("one", a="1", b="2"))
    query = {"fieldSelector": "metadata.name=one"}
    reply = client.call("GET", client.path("v1", "ConfigMap"), query=query, accept=TABLE).expect(200)
    assert reply.get("kind") == "Table"
    columns = [as_text(dig(column, "name")) for column in as_list(reply.get("columnDefinitions"))]
    assert columns == ["Name", "Data", "Age"]
    row = as_object(as_list(reply.get("rows"))[0])
    assert as_list(row["cells"])[:2] == ["one", 2]
    assert dig(row, "object", "kind") == "PartialObjectMetadata"


def test_a_table_of_deployments_shows_readiness(client: Client) -> None:
    client.create(deployment())
    reply = client.call("GET", client.path("apps/v1", "Deployment"), accept=TABLE).expect(200)
    columns = [as_text(dig(column, "name")) for column in as_list(reply.get("columnDefinitions"))]
    assert columns[:2] == ["Name", "Ready"]


def test_an_unknown_face_falls_back_to_the_whole_object(client: Client) -> None:
    client.create(config_map("one", a="1"))
    reply = client.call("GET", client.path("v1", "ConfigMap", "one"), accept="*/*").expect(200)
    assert reply.get("data") == {"a": "1"}
