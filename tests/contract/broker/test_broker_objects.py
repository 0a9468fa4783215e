"""Deployment objects (contract 4.3, 5.8, 6.4; scenarios 13, 39)."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import JsonObject, as_int
from fake_broker_support import (
    CONFIG_MAP,
    UNKNOWN_ID,
    Door,
    Reply,
    give,
    new_agent,
    new_generator,
    new_object,
    new_stack,
)

YAML_TYPES = ["application/yaml", "text/yaml", "application/x-yaml"]


@pytest.fixture
def stack(door: Door) -> str:
    return new_stack(door, new_generator(door))


def post(door: Door, stack: str, body: JsonObject) -> Reply:
    return door.post(f"/stacks/{stack}/deployment-objects", body)


def post_raw(door: Door, stack: str, content_type: str, raw: bytes, query: dict[str, str] | None = None) -> Reply:
    path = f"/stacks/{stack}/deployment-objects"
    return door.call("POST", path, raw=raw, headers={"content-type": content_type}, query=query)


def test_a_posted_object_carries_the_sha_256_of_its_text(door: Door, stack: str) -> None:
    made = post(door, stack, {"yaml_content": CONFIG_MAP, "is_deletion_marker": False})
    assert made.status == 201
    assert made.members["yaml_content"] == CONFIG_MAP
    assert made.members["stack_id"] == stack
    assert made.members["is_deletion_marker"] is False
    checksum = "bcdb7538abfa0c591aa8c1d52ca9095c2ccc9ff64dbf4dce449ea3e1468e694c"
    assert made.members["yaml_checksum"] == checksum


def test_an_empty_marker_has_the_checksum_of_nothing(door: Door, stack: str) -> None:
    made = post(door, stack, {"yaml_content": "", "is_deletion_marker": True})
    checksum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (made.status, made.members["yaml_checksum"]) == (201, checksum)


@pytest.mark.parametrize("content_type", YAML_TYPES)
def test_raw_yaml_is_stored_byte_for_byte(door: Door, stack: str, content_type: str) -> None:
    raw = "# ünïcode\nkind: A\n---\nkind: B\n".encode()
    made = post_raw(door, stack, content_type, raw)
    assert made.status == 201
    assert made.members["yaml_content"] == raw.decode()
    assert made.members["is_deletion_marker"] is False


def test_raw_yaml_becomes_a_marker_by_the_query(door: Door, stack: str) -> None:
    made = post_raw(door, stack, "application/yaml", b"", {"deletion_marker": "true"})
    assert made.members["is_deletion_marker"] is True


def test_json_is_read_under_any_other_content_type(door: Door, stack: str) -> None:
    made = post_raw(door, stack, "text/plain", b'{"yaml_content":"a: 1","is_deletion_marker":false}')
    assert made.status == 201


def test_the_query_is_ignored_for_json(door: Door, stack: str) -> None:
    raw = b'{"yaml_content":"a: 1","is_deletion_marker":false}'
    made = post_raw(door, stack, "application/json", raw, {"deletion_marker": "true"})
    assert made.members["is_deletion_marker"] is False


@pytest.mark.parametrize("text", ["", "  \n", "---\n---\n", "null\n", "# only a comment\n", "a: [", "a: b: c"])
def test_text_without_a_document_is_refused(door: Door, stack: str, text: str) -> None:
    refused = post(door, stack, {"yaml_content": text, "is_deletion_marker": False})
    assert (refused.status, refused.code) == (400, "invalid_deployment_object")


def test_a_marker_may_be_blank_and_may_not_be_broken(door: Door, stack: str) -> None:
    assert post(door, stack, {"yaml_content": " \n", "is_deletion_marker": True}).status == 201
    broken = post(door, stack, {"yaml_content": "a: [", "is_deletion_marker": True})
    assert broken.code == "invalid_deployment_object"


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"yaml_content":1}', b"{}"])
def test_json_of_any_wrong_kind_is_400_with_a_code(door: Door, stack: str, raw: bytes) -> None:
    refused = post_raw(door, stack, "application/json", raw)
    assert (refused.status, refused.code) == (400, "invalid_deployment_object")


@pytest.mark.parametrize("content_type", ["application/json", "application/yaml"])
def test_a_body_over_two_mebibytes_is_413(door: Door, stack: str, content_type: str) -> None:
    refused = post_raw(door, stack, content_type, b"a" * 2_097_153)
    assert refused.status == 413
    assert refused.is_text


def test_the_sequence_is_one_for_all_stacks(door: Door, stack: str) -> None:
    other = new_stack(door, new_generator(door))
    body: JsonObject = {"yaml_content": CONFIG_MAP, "is_deletion_marker": False}
    numbers = [as_int(post(door, place, body).members["sequence_id"]) for place in (stack, other, stack)]
    assert numbers == sorted(set(numbers))


def test_the_same_text_twice_makes_two_objects_newest_first(door: Door, stack: str) -> None:
    first, second = new_object(door, stack), new_object(door, stack)
    listed = door.get(f"/stacks/{stack}/deployment-objects").items
    assert [item["id"] for item in listed] == [second, first]


def test_an_object_is_read_as_yaml_on_request(door: Door, stack: str) -> None:
    made = new_object(door, stack)
    answer = door.call("GET", f"/deployment-objects/{made}", headers={"accept": "application/yaml"})
    assert answer.headers["content-type"].startswith("application/yaml")
    assert answer.body == CONFIG_MAP.encode()
    assert door.get(f"/deployment-objects/{made}").members["yaml_content"] == CONFIG_MAP


def test_an_agent_fetches_an_object_only_through_an_explicit_target(door: Door) -> None:
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    made = new_object(door, stack)
    door.post(f"/agents/{agent.id}/labels", {"agent_id": agent.id, "label": "edge"})
    door.post(f"/stacks/{stack}/labels", "edge")
    refused = door.get(f"/deployment-objects/{made}", pak=agent.pak)
    assert (refused.status, refused.code) == (403, "agent_not_associated")
    give(door, agent, stack)
    assert door.get(f"/deployment-objects/{made}", pak=agent.pak).status == 200


def test_objects_belong_to_the_generator_of_their_stack(door: Door) -> None:
    owner, other = new_generator(door), new_generator(door)
    stack = new_stack(door, owner)
    made = new_object(door, stack)
    assert door.get(f"/deployment-objects/{made}", pak=owner.pak).status == 200
    assert door.get(f"/deployment-objects/{made}", pak=other.pak).code == "generator_not_associated"
    body: JsonObject = {"yaml_content": CONFIG_MAP, "is_deletion_marker": False}
    assert door.post(f"/stacks/{stack}/deployment-objects", body, pak=owner.pak).status == 201
    assert door.post(f"/stacks/{stack}/deployment-objects", body, pak=other.pak).status == 403


def test_unknown_objects_and_stacks_are_404(door: Door) -> None:
    assert door.get(f"/deployment-objects/{UNKNOWN_ID}").code == "deployment_object_not_found"
    body: JsonObject = {"yaml_content": CONFIG_MAP, "is_deletion_marker": False}
    assert post(door, UNKNOWN_ID, body).code == "stack_not_found"
