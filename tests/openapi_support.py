"""Requests and answers held against an OpenAPI document, with the disagreements of contract 17 written down."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it brings no types

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_list, as_object

API = "/api/v1"

#: Given by the framework or by the door to any operation, with a text or no body (contract 3, 17).
ANYWHERE = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 500})

#: Statuses with a JSON body that the document leaves out (contract 17, and 6.8 for the 422 of work orders).
UNLISTED: dict[tuple[str, str], frozenset[int]] = {
    ("POST", "/work-orders/{id}/complete"): frozenset({202}),
    ("POST", "/work-orders"): frozenset({422}),
    ("POST", "/agents/{id}/events"): frozenset({400, 422}),
    ("POST", "/agents"): frozenset({409}),
    ("POST", "/agents/{id}/labels"): frozenset({400, 409, 422}),
    ("POST", "/agents/{id}/annotations"): frozenset({400, 409, 422}),
    ("POST", "/agents/{id}/targets"): frozenset({400, 409, 422}),
    ("PUT", "/agents/{id}"): frozenset({409}),
    ("PATCH", "/agents/{id}/health-status"): frozenset({422}),
    ("GET", "/agent-events"): frozenset({403}),
    ("GET", "/agent-events/{id}"): frozenset({403}),
    ("POST", "/generators/{id}/register"): frozenset({400}),
    ("DELETE", "/generators/{id}/register"): frozenset({400}),
    ("POST", "/stacks"): frozenset({409, 422}),
    ("POST", "/stacks/{id}/labels"): frozenset({409}),
    ("POST", "/templates/{id}/labels"): frozenset({409}),
    ("POST", "/templates/{id}/annotations"): frozenset({409}),
}

#: Answers without a described body that have one (contract 5.12, 6.10, 17).
BODIES_NOT_DESCRIBED = frozenset(
    {("POST", "/webhook-deliveries/{id}/result"), ("POST", "/webhooks/{id}/test"), ("POST", "/agents/{id}/rotate-pak")}
)

#: Bodies of requests that the broker reads otherwise than described: any is taken, or three members of any object.
BODIES_NOT_CHECKED = frozenset({("POST", "/agents/{id}/heartbeat"), ("PUT", "/agents/{id}")})


class Description:
    """An OpenAPI 3.0 document.

    Args:
        document: the document, read.
    """

    def __init__(self, document: JsonObject) -> None:
        self._document = _as_json_schema(document)
        paths = as_object(self._document["paths"])
        self._paths = sorted(paths.items(), key=lambda one: one[0].count("{"))

    @classmethod
    def read(cls, path: Path) -> Description:
        """Read a document from a file."""
        return cls(as_object(json.loads(path.read_text())))

    def watch(self, send: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """Return what carries a request and fails on anything the document does not know."""

        def carry(request: Request) -> Response:
            response = send(request)
            faults = list(self.faults(request, response))
            assert not faults, f"{request.endpoint} -> {response.status}: {'; '.join(faults)}"
            return response

        return carry

    def faults(self, request: Request, response: Response) -> Iterator[str]:
        """Go over everything in which a request and its answer are not as described."""
        if not request.path.startswith(f"{API}/"):
            return
        template, operations = self._find(request.path.removeprefix(API))
        method = "GET" if request.method == "HEAD" else request.method
        operation = operations.get(method.lower())
        if operation is None:
            if response.status not in (404, 405):
                yield f"the document has no {method} {template or request.path}"
            return
        key = (method, template)
        yield from self._answer_faults(key, as_object(operation), response)
        if response.status < 300 and request.body and key not in BODIES_NOT_CHECKED:
            yield from self._body_faults(as_object(operation), request)

    def _find(self, path: str) -> tuple[str, JsonObject]:
        for template, operations in self._paths:
            if _fits(template, path):
                return template, as_object(operations)
        return "", {}

    def _answer_faults(self, key: tuple[str, str], operation: JsonObject, response: Response) -> Iterator[str]:
        described = as_object(operation["responses"]).get(str(response.status))
        coded = response.content_type == "application/json"
        if described is None:
            if not (response.status in UNLISTED.get(key, ()) or (response.status in ANYWHERE and not coded)):
                yield "the status is not described"
            return
        schema = _schema_of(as_object(described))
        if schema is None:
            if response.body and coded and key not in BODIES_NOT_DESCRIBED:
                yield "a body where none is described"
        elif coded:
            yield from self._schema_faults("answer", schema, json.loads(response.body))
        elif response.status < 300 and response.content_type != "application/yaml":
            yield f"{response.content_type or 'nothing'} where JSON is described"

    def _body_faults(self, operation: JsonObject, request: Request) -> Iterator[str]:
        if not request.headers.get("content-type", "").startswith("application/json"):
            return
        schema = _schema_of(as_object(operation.get("requestBody")))
        if schema is None:
            yield "a request body where none is described"
        else:
            yield from self._schema_faults("request", schema, json.loads(request.body))

    def _schema_faults(self, what: str, schema: JsonObject, value: Json) -> Iterator[str]:
        whole = {**schema, "components": self._document["components"]}
        judge: Any = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker(["uuid"]))
        for error in judge.iter_errors(value):
            yield f"{what} {error.json_path}: {error.message}"


def _schema_of(described: JsonObject) -> JsonObject | None:
    content: Mapping[str, Json] = as_object(described.get("content"))
    media = as_object(content.get("application/json"))
    return as_object(media["schema"]) if "schema" in media else None


def _fits(template: str, path: str) -> bool:
    parts, given = template.split("/"), path.split("/")
    if len(parts) != len(given):
        return False
    return all(part == one or (part.startswith("{") and one) for part, one in zip(parts, given, strict=True))


def _as_json_schema(value: JsonObject) -> JsonObject:
    """Turn OpenAPI 3.0 into JSON Schema: what is nullable or not required may be null (contract 1)."""
    return as_object(_converted(value))


def _converted(value: Json) -> Json:
    if isinstance(value, list):
        return [_converted(one) for one in value]
    if not isinstance(value, dict):
        return value
    made: JsonObject = {name: _converted(one) for name, one in value.items() if name not in ("nullable", "example")}
    required = as_list(made.get("required")) if isinstance(made.get("required"), list) else []
    if made.get("type") == "object" and isinstance(made.get("properties"), dict):
        properties = as_object(made["properties"])
        made["properties"] = {name: one if name in required else _or_null(one) for name, one in properties.items()}
    return _or_null(made) if value.get("nullable") is True else made


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}
