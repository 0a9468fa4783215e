"""Structural schemas of CustomResourceDefinitions, and values that fit them, or nearly."""

from __future__ import annotations

from typing import cast

from hypothesis import strategies as st

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text

KEYS = ("name", "size", "mode")
FREE = "x-kubernetes-preserve-unknown-fields"

texts = st.sampled_from(["", "a", "ab", "abc", "B1"])
whole_numbers = st.integers(-3, 6)
scalars: st.SearchStrategy[Json] = st.booleans() | whole_numbers | texts | st.sampled_from([0.5, 2.5])

text_schemas: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(1, 3),
        "pattern": st.sampled_from(["^[a-z]*$", "b", "^$"]),
        "enum": st.lists(texts, min_size=1, max_size=2, unique=True),
        "nullable": st.booleans(),
        "default": texts.filter(bool),  # the fake server loses an empty one when it stores the definition
    },
)
number_schemas: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={
        "minimum": st.integers(-2, 2),
        "maximum": st.integers(0, 4),
        "exclusiveMinimum": st.booleans(),
        "exclusiveMaximum": st.booleans(),
        "multipleOf": st.integers(1, 3),
        "nullable": st.booleans(),
        "default": whole_numbers,
    },
).map(
    # An exclusive bound needs the bound, to this day's drafts and to the server.
    lambda one: {
        key: value
        for key, value in one.items()
        if (key != "exclusiveMinimum" or "minimum" in one) and (key != "exclusiveMaximum" or "maximum" in one)
    }
)
leaf_schemas: st.SearchStrategy[JsonObject] = (
    text_schemas
    | number_schemas
    | st.sampled_from([{"type": "boolean"}, {"x-kubernetes-int-or-string": True}, {FREE: True, "type": "object"}])
)


@st.composite
def object_schemas(draw: st.DrawFn, inner: st.SearchStrategy[JsonObject]) -> JsonObject:
    """Draw a struct, open or closed, or a map."""
    schema: JsonObject = {"type": "object"}
    if draw(st.integers(0, 3)) == 0:
        schema["additionalProperties"] = draw(inner)
    else:
        schema["properties"] = cast("Json", draw(st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=3)))
        if draw(st.booleans()):
            schema["required"] = cast(
                "Json", draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True))
            )
        if draw(st.integers(0, 3)) == 0:
            schema[FREE] = True
    return schema | draw(
        st.fixed_dictionaries(
            {},
            optional={
                "minProperties": st.integers(0, 2),
                "maxProperties": st.integers(1, 3),
                "nullable": st.booleans(),
            },
        )
    )


@st.composite
def list_schemas(draw: st.DrawFn, inner: st.SearchStrategy[JsonObject]) -> JsonObject:
    """Draw a list: atomic, a set of scalars, or items known by a key."""
    kind = draw(st.sampled_from(["atomic", "set", "map"]))
    bounds: JsonObject = draw(
        st.fixed_dictionaries({}, optional={"minItems": st.integers(0, 1), "maxItems": st.integers(1, 3)})
    )
    schema: JsonObject = {"type": "array", "x-kubernetes-list-type": kind, **bounds}
    if kind == "set":
        return {**schema, "items": {"type": draw(st.sampled_from(["string", "integer"]))}}
    if kind == "atomic":
        return {**schema, "items": draw(inner)}
    key: JsonObject = {"type": "string"}
    if draw(st.booleans()):
        key["default"] = "a"
    item: JsonObject = {"type": "object", "properties": {"name": key, "size": draw(inner)}}
    if "default" not in key:
        item["required"] = ["name"]
    return {**schema, "x-kubernetes-list-map-keys": ["name"], "items": item}


schemas: st.SearchStrategy[JsonObject] = st.recursive(
    leaf_schemas, lambda inner: object_schemas(inner) | list_schemas(inner), max_leaves=5
)
specs = object_schemas(schemas)


@st.composite
def near(draw: st.DrawFn, schema: JsonObject) -> Json:
    """Draw a value that has the shape of a schema most of the time and keeps its bounds some of the time."""
    if draw(st.integers(0, 11)) == 0:
        return draw(st.none() | scalars | st.just([]) | st.just({}))
    match as_text(schema.get("type")):
        case "string":
            return draw(st.sampled_from(as_list(schema["enum"]))) if "enum" in schema else draw(texts)
        case "integer":
            return draw(whole_numbers)
        case "number":
            return draw(whole_numbers | st.sampled_from([0.5, 2.5]))
        case "boolean":
            return draw(st.booleans())
        case "array":
            items = as_object(schema.get("items"))
            return [draw(near(items)) for _ in range(draw(st.integers(0, 3)))]
        case "object":
            return draw(_near_object(schema))
        case _:
            return draw(whole_numbers | texts)


@st.composite
def _near_object(draw: st.DrawFn, schema: JsonObject) -> JsonObject:
    properties = as_object(schema.get("properties"))
    others = schema.get("additionalProperties")
    value: JsonObject = {}
    for key in KEYS:
        inner = properties.get(key, others)
        if isinstance(inner, dict) and draw(st.integers(0, 4)):
            member = draw(near(inner))
            if member is not None or key in properties:  # a null in a map: the fake server keeps it, the real one not
                value[key] = member
        elif not isinstance(inner, dict) and draw(st.integers(0, 9)) == 0:
            value[key] = draw(scalars)  # unknown, unless the object is open
    return value
