"""What is answered before a handler runs, and outside the API (contract 1 and 3; scenarios 10 to 13)."""

from __future__ import annotations

import pytest

from brokkr_core.model.http import Request
from fake_broker_support import API, UNKNOWN_ID, Door, new_agent

JSON_TYPE = {"content-type": "application/json"}
LIMIT = 2_097_152


def test_a_path_id_that_is_no_uuid_is_400_text(door: Door) -> None:
    answer = door.get("/agents/abc")
    assert answer.status == 400
    assert answer.is_text


def test_a_uuid_in_upper_case_names_the_same_agent(door: Door) -> None:
    agent = new_agent(door)
    assert door.get(f"/agents/{agent.id.upper()}").members["id"] == agent.id


def test_a_query_of_the_wrong_type_is_400_text(door: Door) -> None:
    answer = door.get("/stacks", query={"pak_id": "abc"})
    assert answer.status == 400
    assert answer.is_text


def test_json_that_does_not_parse_is_400_text(door: Door) -> None:
    answer = door.call("POST", "/agents", raw=b"{", headers=JSON_TYPE)
    assert answer.status == 400
    assert answer.is_text


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"name":1,"cluster_name":"c"}',
        b'{"name":"a","cluster_name":"c","generator_ids":["x"]}',
    ],
)
def test_json_of_the_wrong_shape_is_422_text(door: Door, body: bytes) -> None:
    answer = door.call("POST", "/agents", raw=body, headers=JSON_TYPE)
    assert answer.status == 422
    assert answer.is_text


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}], ids=["missing", "wrong"])
def test_the_content_type_of_a_json_endpoint_must_be_json(door: Door, headers: dict[str, str]) -> None:
    answer = door.call("POST", "/agents", raw=b"{}", headers=headers)
    assert answer.status == 415
    assert answer.is_text


def test_one_byte_over_two_mebibytes_is_413_text(door: Door) -> None:
    answer = door.call("POST", "/agents", raw=b" " * (LIMIT + 1), headers=JSON_TYPE)
    assert answer.status == 413
    assert answer.is_text


def test_exactly_two_mebibytes_are_read(door: Door) -> None:
    assert door.call("POST", "/agents", raw=b" " * LIMIT, headers=JSON_TYPE).status == 400


def test_the_shape_of_a_body_is_checked_before_the_role(door: Door) -> None:
    agent = new_agent(door)
    assert door.post("/agents", {}, pak=agent.pak).status == 422


def test_a_method_nobody_serves_is_405_without_a_body(door: Door) -> None:
    answer = door.call("PATCH", "/agents")
    assert (answer.status, answer.body) == (405, b"")


def test_unknown_members_of_a_body_are_ignored(door: Door) -> None:
    agent = new_agent(door)
    assert door.call("PUT", f"/agents/{agent.id}", {"status": "ACTIVE", "colour": 1}).status == 200


@pytest.mark.parametrize("path", [f"{API}/nothing", "/api/v2/agents", "/internal/nothing"])
def test_an_unknown_api_path_is_404_text_without_authentication(door: Door, path: str) -> None:
    answer = door.send(Request(method="GET", path=path))
    assert answer.status == 404
    assert answer.is_text


@pytest.mark.parametrize("path", [f"{API}/stacks/", f"{API}/agents/{UNKNOWN_ID}/labels/"])
def test_a_trailing_slash_makes_another_path(door: Door, path: str) -> None:
    answer = door.send(Request(method="GET", path=path))
    assert answer.status == 404
    assert answer.is_text


@pytest.mark.parametrize("path", ["/health", "/nothing", "//api/v1/agents"])
def test_any_other_unknown_path_is_the_console_with_200(door: Door, path: str) -> None:
    answer = door.send(Request(method="GET", path=path))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("path", "text"), [("/healthz", b"OK"), ("/readyz", b"Ready")])
def test_probes_answer_without_authentication(door: Door, path: str, text: bytes) -> None:
    answer = door.send(Request(method="GET", path=path))
    assert (answer.status, answer.body) == (200, text)


def test_metrics_are_in_the_text_format_of_prometheus(door: Door) -> None:
    answer = door.send(Request(method="GET", path="/metrics"))
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"brokkr_active_agents " in answer.body


def test_the_description_of_the_api_names_its_base(door: Door) -> None:
    description = door.send(Request(method="GET", path="/docs/openapi.json")).members
    assert description["servers"] == [{"url": API}]
