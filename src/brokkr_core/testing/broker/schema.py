"""Parameters of templates against their JSON Schema; the one place that knows who judges (contract 6.4)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from brokkr_core.model.json import Json
from brokkr_core.testing.broker.decode import parse_json


def schema_problem(schema: str) -> str:
    """Return what keeps a text from being a JSON Schema, or the empty text."""
    try:
        value = parse_json(schema.encode())
    except ValueError as error:
        return str(error)
    if not isinstance(value, dict | bool):
        return "a schema is an object"
    judge = _judge()
    try:
        judge.check_schema(value)
    except import_module("jsonschema.exceptions").SchemaError as error:
        return str(error.message)
    return ""


def parameter_problems(schema: str, parameters: Json) -> list[str]:
    """Return everything in which parameters do not fit a schema that is one."""
    return [str(error.message) for error in _judge()(parse_json(schema.encode())).iter_errors(parameters)]


def _judge() -> Any:
    # Loaded when it is needed: most fakes never see a template.
    return import_module("jsonschema").Draft202012Validator
