"""The structural schema of a custom resource: defaults, and what is wrong with a value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.copying import fresh
from brokkr_core.testing.cluster.paths import compact
from brokkr_core.testing.cluster.schema import Node
from brokkr_core.testing.cluster.status import Fault

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


def with_schema_defaults(value: Json, node: Node) -> Json:
    """Return the value with the defaults of its schema; a null that is not allowed gives way to the default.

    Args:
        value: a custom resource or a part of it.
        node: its schema.
    """
    if isinstance(value, dict):
        out = dict(value)
        for name in node.fields.names():
            child = node.fields[name]
            if child.has_default and (name not in out or (out[name] is None and not child.nullable)):
                out[name] = fresh(child.default)
        return {name: with_schema_defaults(member, node.child(name)) for name, member in out.items()}
    if isinstance(value, list):
        return [with_schema_defaults(item, node.item) for item in value]
    return value


def schema_faults(value: Json, schema: JsonObject, path: str = "") -> Iterator[Fault]:
    """Yield everything in which a value breaks its structural schema.

    Args:
        value: a custom resource or a part of it.
        schema: its ``openAPIV3Schema``.
        path: where the value stands.
    """
    if value is None and schema.get("nullable") is True:
        return
    if not _fits(value, schema):
        wanted = as_text(schema.get("type")) or "integer,string"
        found = compact(_type_of(value))
        message = f"Invalid value: {found}: {_in_body(path)} must be of type {wanted}: {found}"
        yield Fault(reason="FieldValueTypeInvalid", message=message, field=path)
        return
    yield from _value_faults(value, schema, path)
    if isinstance(value, dict):
        yield from _map_faults(value, schema, path)
    elif isinstance(value, list):
        yield from _list_faults(value, schema, path)


def _fits(value: Json, schema: JsonObject) -> bool:
    if schema.get("x-kubernetes-int-or-string") is True:
        return isinstance(value, (int, str)) and not isinstance(value, bool)
    allowed = _TYPES.get(as_text(schema.get("type")))
    if allowed is None:
        return True
    if isinstance(value, bool):
        return bool in allowed
    if isinstance(value, float) and value.is_integer() and int in allowed:
        return True
    return isinstance(value, allowed)


def _type_of(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {type(None): "null", str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return names[type(value)]


def _in_body(path: str) -> str:
    return f"{path} in body" if path else "body"


def _fault(value: Json, path: str, rule: str) -> Fault:
    message = f"Invalid value: {compact(value)}: {_in_body(path)} {rule}"
    return Fault(reason="FieldValueInvalid", message=message, field=path)


def _value_faults(value: Json, schema: JsonObject, path: str) -> Iterator[Fault]:
    if "enum" in schema and value not in as_list(schema["enum"]):
        allowed = ", ".join(compact(choice) for choice in as_list(schema["enum"]))
        message = f"Unsupported value: {compact(value)}: supported values: {allowed}"
        yield Fault(reason="FieldValueNotSupported", message=message, field=path)
    if isinstance(value, str):
        yield from _text_faults(value, schema, path)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number_faults(value, schema, path)


def _text_faults(value: str, schema: JsonObject, path: str) -> Iterator[Fault]:
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if isinstance(shortest, int) and len(value) < shortest:
        yield _fault(value, path, f"should be at least {shortest} chars long")
    if isinstance(longest, int) and len(value) > longest:
        message = f"Too long: may not be more than {longest} bytes"
        yield Fault(reason="FieldValueTooLong", message=message, field=path)
        return
    pattern = as_text(schema.get("pattern"))
    if pattern and not re.search(pattern, value):
        yield _fault(value, path, f"should match '{pattern}'")


def _number_faults(value: float, schema: JsonObject, path: str) -> Iterator[Fault]:
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if isinstance(lowest, (int, float)):
        open_end = schema.get("exclusiveMinimum") is True
        if value < lowest or (open_end and value == lowest):
            yield _fault(value, path, f"should be greater than {'' if open_end else 'or equal to '}{lowest}")
    if isinstance(highest, (int, float)):
        open_end = schema.get("exclusiveMaximum") is True
        if value > highest or (open_end and value == highest):
            yield _fault(value, path, f"should be less than {'' if open_end else 'or equal to '}{highest}")
    step = schema.get("multipleOf")
    if isinstance(step, (int, float)) and step and value % step:
        yield _fault(value, path, f"should be a multiple of {step}")


def _map_faults(value: JsonObject, schema: JsonObject, path: str) -> Iterator[Fault]:
    for name in as_list(schema.get("required")):
        if as_text(name) not in value:
            yield Fault(reason="FieldValueRequired", message="Required value", field=_joined(path, as_text(name)))
    properties = as_object(schema.get("properties"))
    others = schema.get("additionalProperties")
    for name, member in value.items():
        inner = properties.get(name, others)
        if isinstance(inner, dict) and not (not path and name in {"metadata", "apiVersion", "kind"}):
            yield from schema_faults(member, inner, _joined(path, name))
    fewest, most = schema.get("minProperties"), schema.get("maxProperties")
    if isinstance(fewest, int) and len(value) < fewest:
        yield _fault(value, path, f"should have at least {fewest} properties")
    if isinstance(most, int) and len(value) > most:
        yield Fault(reason="FieldValueTooMany", message=f"Too many: must have at most {most} items", field=path)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _list_faults(value: list[Json], schema: JsonObject, path: str) -> Iterator[Fault]:
    fewest, most = schema.get("minItems"), schema.get("maxItems")
    if isinstance(fewest, int) and len(value) < fewest:
        yield _fault(value, path, f"should have at least {fewest} items")
    if isinstance(most, int) and len(value) > most:
        message = f"Too many: {len(value)}: must have at most {most} item{'s' if most != 1 else ''}"
        yield Fault(reason="FieldValueTooMany", message=message, field=path)
    keys = [as_text(key) for key in as_list(schema.get("x-kubernetes-list-map-keys"))]
    seen: set[str] = set()
    for at, item in enumerate(value):
        inside = f"{path}[{at}]"
        yield from schema_faults(item, as_object(schema.get("items")), inside)
        identity = compact([dig(item, key) for key in keys] if keys else item)
        if identity in seen and schema.get("x-kubernetes-list-type") in {"map", "set"}:
            message = f"Duplicate value: {compact({key: dig(item, key) for key in keys} if keys else item)}"
            yield Fault(reason="FieldValueDuplicate", message=message, field=inside)
        seen.add(identity)
