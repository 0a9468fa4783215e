"""A custom resource against the definition it comes with: what is refused, where, and in which words."""

from __future__ import annotations

import pytest

from brokkr_core.apply.preflight.schema import check_schema
from brokkr_core.apply.preflight.schema.patterns import LONGEST, matches
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ref_of
from cluster_support import definition, gadget

GROUP = "shop.example.com"
HIDDEN = "hunter2"
TEXT: JsonObject = {"type": "string"}
FREE = "x-kubernetes-preserve-unknown-fields"


def struct(**properties: Json) -> JsonObject:
    return {"type": "object", "properties": {**properties}}


def known_by(*keys: str) -> JsonObject:
    return {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [*keys]}


def faults(schema: JsonObject, spec: Json, *, new: bool = True) -> list[tuple[str, str]]:
    body: JsonObject = {**gadget(GROUP), "spec": spec}
    causes = check_schema(Manifest(ref=ref_of(body), body=body), definition(GROUP, schema), new=new)
    assert HIDDEN not in repr(causes)
    return [(cause.reason.removeprefix("FieldValue"), cause.field) for cause in causes]


@pytest.mark.parametrize(
    ("schema", "value", "reason"),
    [
        (TEXT, 1, "TypeInvalid"),
        ({"type": "integer"}, HIDDEN, "TypeInvalid"),
        ({"type": "integer"}, True, "TypeInvalid"),
        ({"type": "integer"}, 1.5, "TypeInvalid"),
        ({"type": "number"}, HIDDEN, "TypeInvalid"),
        ({"type": "array", "items": TEXT}, {}, "TypeInvalid"),
        ({"x-kubernetes-int-or-string": True}, 1.5, "TypeInvalid"),
        ({"type": "string", "enum": ["a"]}, HIDDEN, "NotSupported"),
        ({"type": "string", "pattern": "^[a-z]+$"}, HIDDEN, "Invalid"),
        ({"type": "string", "minLength": 10}, HIDDEN, "Invalid"),
        ({"type": "string", "maxLength": 2}, HIDDEN, "TooLong"),
        ({"type": "integer", "minimum": 3}, 2, "Invalid"),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, 3, "Invalid"),
        ({"type": "number", "maximum": 3, "exclusiveMaximum": True}, 3.0, "Invalid"),
        ({"type": "number", "multipleOf": 0.1}, 0.25, "Invalid"),
        ({"type": "array", "items": {}, "minItems": 1}, [], "Invalid"),
        ({"type": "array", "items": {}, "maxItems": 1}, [1, 2], "TooMany"),
        ({"type": "object", "additionalProperties": TEXT, "minProperties": 1}, {}, "Invalid"),
        ({"type": "object", "additionalProperties": TEXT, "maxProperties": 1}, {"a": "1", "b": "2"}, "TooMany"),
        ({"type": "integer", "allOf": [{"minimum": 3}]}, 2, "Invalid"),
        ({"type": "integer", "anyOf": [{"minimum": 3}, {"maximum": 1}]}, 2, "Invalid"),
        ({"type": "integer", "oneOf": [{"minimum": 1}, {"maximum": 3}]}, 2, "Invalid"),
        ({"type": "integer", "not": {"minimum": 1}}, 2, "Invalid"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused_at_its_path(schema: JsonObject, value: Json, reason: str) -> None:
    assert faults(struct(part=schema), {"part": value}) == [(reason, "spec.part")]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 2.0),
        ({"type": "number", "multipleOf": 0.1}, 0.3),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}, "50%"),
        ({"type": "string", "nullable": True}, None),
        ({"type": "string", "pattern": r"^\pL+\z"}, HIDDEN),
        ({"type": "string", "format": "date-time"}, HIDDEN),
        ({"type": "string", "x-kubernetes-validations": [{"rule": "self == 'a'"}]}, HIDDEN),
        ({"type": "object", FREE: True}, {"anything": {"goes": [1]}}),
        ({"type": "object"}, {"pruned": "without a word"}),
        ({"type": "object", "additionalProperties": True}, {"a": 1}),
        ({}, {"a": 1}),
    ],
)
def test_what_the_server_takes_or_alone_can_judge_is_taken(schema: JsonObject, value: Json) -> None:
    assert faults(struct(part=schema), {"part": value}) == []


def test_a_missing_field_is_named_unless_it_has_a_default_or_a_null_gave_way_to_it() -> None:
    schema: JsonObject = {
        **struct(a=TEXT, b={**TEXT, "default": "x"}, c={**TEXT, "nullable": True}),
        "required": ["a", "b", "c"],
    }

    assert faults(schema, {}) == [("Required", "spec.a"), ("Required", "spec.c")]
    assert faults(schema, {"a": None, "b": None, "c": None}) == [("Required", "spec.a")]


def test_of_an_object_that_exists_nothing_is_missing_and_everything_else_counts() -> None:
    schema: JsonObject = {**struct(a=TEXT, b={"type": "integer"}), "required": ["a"], "minProperties": 2}

    assert faults(schema, {"b": HIDDEN}, new=False) == [("TypeInvalid", "spec.b")]


def test_an_unknown_field_is_refused_and_its_brothers_in_open_objects_are_not() -> None:
    schema = struct(part={**struct(known=TEXT), FREE: True}, map={"type": "object", "additionalProperties": TEXT})

    assert faults(schema, {"odd": HIDDEN, "part": {"odd": HIDDEN}, "map": {"odd": HIDDEN}}) == [
        ("Forbidden", "spec.odd")
    ]


def test_a_path_names_items_by_their_index_and_keys_with_dots_in_brackets() -> None:
    item: JsonObject = {**struct(name={"type": "string", "maxLength": 3}), "required": ["name"]}
    schema = struct(
        ports={"type": "array", "items": item}, labels={"type": "object", "additionalProperties": {"type": "integer"}}
    )

    assert faults(schema, {"ports": [{"name": "abc"}, {}, {"name": HIDDEN}], "labels": {"a.b/c": HIDDEN}}) == [
        ("Required", "spec.ports[1].name"),
        ("TooLong", "spec.ports[2].name"),
        ("TypeInvalid", "spec.labels[a.b/c]"),
    ]


def test_items_that_cannot_be_told_apart_are_refused() -> None:
    items = struct(name=TEXT, port={"type": "integer", "default": 80})
    schema = struct(
        map={**known_by("name", "port"), "items": items},
        set={"type": "array", "x-kubernetes-list-type": "set", "items": TEXT},
    )
    twice: list[Json] = [{"name": HIDDEN}, {"name": HIDDEN, "port": 80}, {"name": HIDDEN, "port": 81}]

    assert faults(schema, {"map": twice, "set": [HIDDEN, "a", HIDDEN]}) == [
        ("Duplicate", "spec.map[1]"),
        ("Duplicate", "spec.set[2]"),
    ]


def test_an_item_without_its_keys_is_refused() -> None:
    schema = struct(map={**known_by("name"), "items": struct(name=TEXT, size=TEXT)})

    assert faults(schema, {"map": [{"size": "1"}]}) == [("Required", "spec.map[0].name")]


def test_an_embedded_object_has_a_kind_and_may_have_metadata() -> None:
    schema = struct(template={**struct(spec=TEXT), "x-kubernetes-embedded-resource": True})
    whole: JsonObject = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": "a"}

    assert faults(schema, {"template": whole}) == []
    assert faults(schema, {"template": {"kind": "Pod", "odd": 1}}) == [
        ("Forbidden", "spec.template.odd"),
        ("Required", "spec.template.apiVersion"),
    ]


def test_the_root_is_closed_too_and_status_is_not_ours() -> None:
    body: JsonObject = {**gadget(GROUP), "odd": 1, "status": {"size": HIDDEN}}
    defined = definition(GROUP, struct(a=TEXT))
    root = as_object(dig(as_list(dig(defined, "spec", "versions"))[0], "schema", "openAPIV3Schema"))
    as_object(root["properties"])["status"] = struct(size={"type": "integer"})
    causes = check_schema(Manifest(ref=ref_of(body), body=body), defined)

    assert [(cause.message, cause.field) for cause in causes] == [("unknown field", "odd")]


def test_a_name_may_have_to_fit_a_pattern() -> None:
    defined = definition(GROUP, struct())
    root = as_object(dig(as_list(dig(defined, "spec", "versions"))[0], "schema", "openAPIV3Schema"))
    as_object(root["properties"])["metadata"] = struct(name={"type": "string", "pattern": "^the-only-one$"})
    body = gadget(GROUP)
    (cause,) = check_schema(Manifest(ref=ref_of(body), body=body), defined)

    assert (cause.field, cause.message) == ("metadata.name", "must match ^the-only-one$")


def test_a_definition_that_says_nothing_of_the_version_forbids_nothing() -> None:
    body: JsonObject = {**gadget(GROUP), "apiVersion": f"{GROUP}/v9", "spec": {"odd": 1}}

    assert check_schema(Manifest(ref=ref_of(body), body=body), definition(GROUP, struct())) == ()
    assert check_schema(Manifest(ref=ref_of(body), body=body), {}) == ()


@pytest.mark.parametrize("pattern", [r"\pL", r"a\z", "(", "[[:alpha:]]", "a{,2}", "(?i)a|(?s)b", "a{99999999999}"])
def test_a_pattern_that_python_reads_otherwise_is_left_to_the_server(pattern: str) -> None:
    assert matches(pattern, "!")


def test_a_pattern_is_found_anywhere_and_classes_are_those_of_ascii() -> None:
    assert matches("b", "abc")
    assert not matches("^b", "abc")
    assert not matches(r"^\d+$", "\u0663")
    assert matches("^b", "a" * (LONGEST + 1))
