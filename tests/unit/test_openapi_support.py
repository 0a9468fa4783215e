"""The check against an OpenAPI document can fail."""

from __future__ import annotations

import pytest

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from openapi_support import API, Description

SCHEMAS: JsonObject = {
    "Thing": {
        "type": "object",
        "required": ["id", "size"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "size": {"type": "integer"},
            "note": {"type": "string"},
        },
    }
}
THING: JsonObject = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
DOCUMENT: JsonObject = {
    "components": {"schemas": SCHEMAS},
    "paths": {
        "/things/{id}": {
            "get": {"responses": {"200": THING}},
            "put": {"requestBody": THING, "responses": {"204": {"description": "done"}}},
        },
        "/work-orders/{id}/complete": {"post": {"responses": {"200": THING}}},
    },
}
GOOD: JsonObject = {"id": "ffffffff-0000-4000-8000-00000000000f", "size": 1, "note": None}


def faults(method: str, path: str, response: Response, body: bytes = b"") -> list[str]:
    headers = {"content-type": "application/json"}
    request = Request(method=method, path=f"{API}{path}", headers=headers, body=body)
    return list(Description(DOCUMENT).faults(request, response))


def test_what_is_described_passes_and_optional_members_may_be_null() -> None:
    assert faults("GET", "/things/1", Response.of_json(200, GOOD)) == []
    assert faults("PUT", "/things/1", Response(status=204), b'{"id":"%s","size":2}' % str(GOOD["id"]).encode()) == []


@pytest.mark.parametrize(
    ("method", "path", "response", "fault"),
    [
        ("GET", "/things/1", Response.of_json(200, {**GOOD, "size": "big"}), r"answer \$.size"),
        ("GET", "/things/1", Response.of_json(200, {**GOOD, "id": "x"}), r"answer \$.id"),
        ("GET", "/things/1", Response.of_json(200, {}), "'id' is a required property"),
        ("GET", "/things/1", Response.of_json(418, GOOD), "status is not described"),
        ("GET", "/things/1", Response.of_json(404, {"code": "x"}), "status is not described"),
        ("GET", "/things/1", Response.of_text(200, "hello"), "text/plain where JSON is described"),
        ("PUT", "/things/1", Response.of_json(204, GOOD), "a body where none"),
        ("GET", "/others", Response.of_json(200, []), "the document has no GET"),
        ("POST", "/things/1", Response.of_json(200, []), "the document has no POST"),
    ],
)
def test_what_is_not_described_is_a_fault(method: str, path: str, response: Response, fault: str) -> None:
    found = faults(method, path, response)
    with pytest.raises(AssertionError, match=fault):
        assert not found, "; ".join(found)


def test_a_request_that_worked_must_be_described_and_one_that_was_refused_need_not() -> None:
    assert faults("PUT", "/things/1", Response(status=204), b"{}")
    assert faults("PUT", "/things/1", Response.of_text(422, "no"), b"{}") == []


def test_known_disagreements_and_refusals_of_the_framework_pass() -> None:
    assert faults("POST", "/work-orders/1/complete", Response.of_json(202, {"status": "retry_scheduled"})) == []
    assert faults("GET", "/things/1", Response(status=401)) == []
    assert faults("GET", "/things/x", Response.of_text(400, "no UUID")) == []


def test_a_watched_line_fails_at_the_call() -> None:
    send = Description(DOCUMENT).watch(lambda _request: Response.of_json(200, {}))
    with pytest.raises(AssertionError, match="GET /api/v1/things/1 -> 200"):
        send(Request(method="GET", path=f"{API}/things/1"))
