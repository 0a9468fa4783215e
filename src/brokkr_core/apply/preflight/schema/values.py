"""Does every value of a custom resource keep the bounds of its schema? Messages name rules, never values."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.apply.difference.paths import step
from brokkr_core.apply.preflight.schema.patterns import matches
from brokkr_core.apply.preflight.schema.settle import member_schema
from brokkr_core.errors import Cause, cut
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


def value_faults(value: Json, schema: JsonObject, path: str, *, whole: bool) -> Iterator[Cause]:
    """Yield everything in which a settled value breaks its schema.

    Args:
        value: a custom resource or a part of it.
        schema: the schema of that place.
        path: where the value stands.
        whole: whether the value is all there will be; if not, nothing is said to be missing.
    """
    if value is None and (schema.get("nullable") is True or not whole):
        return
    fault = type_fault(value, schema, path)
    if fault is not None:
        yield fault
        return
    if "enum" in schema and not any(_equal(value, choice) for choice in as_list(schema["enum"])):
        yield Cause(reason="FieldValueNotSupported", message=_choices(as_list(schema["enum"])), field=path)
    if isinstance(value, str):
        yield from _text_faults(value, schema, path)
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, path, whole=whole)
    elif isinstance(value, list):
        yield from _list_faults(value, schema, path, whole=whole)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number_faults(value, schema, path)
    if whole:
        yield from _combined_faults(value, schema, path)


def type_fault(value: Json, schema: JsonObject, path: str) -> Cause | None:
    """Return what is wrong with the type of a value; a schema without one takes everything."""
    if schema.get("x-kubernetes-int-or-string") is True:
        allowed: tuple[type, ...] | None = (int, str)
        wanted = "integer or string"
    else:
        wanted = as_text(schema.get("type"))
        allowed = _TYPES.get(wanted)
    if allowed is None or _fits(value, allowed):
        return None
    return Cause(reason="FieldValueTypeInvalid", message=f"must be of type {wanted}", field=path)


def _fits(value: Json, allowed: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in allowed
    if isinstance(value, float) and value.is_integer() and allowed == (int,):
        return True
    return isinstance(value, allowed)


def _equal(value: Json, choice: Json) -> bool:
    return isinstance(value, bool) == isinstance(choice, bool) and value == choice


def _choices(choices: list[Json]) -> str:
    return cut(f"must be one of {', '.join(map(str, choices))}")


def _invalid(path: str, rule: str) -> Cause:
    return Cause(reason="FieldValueInvalid", message=rule, field=path)


def _text_faults(value: str, schema: JsonObject, path: str) -> Iterator[Cause]:
    pattern, shortest, longest = schema.get("pattern"), schema.get("minLength"), schema.get("maxLength")
    if isinstance(pattern, str) and not matches(pattern, value):
        yield _invalid(path, f"must match {cut(pattern)}")
    if isinstance(shortest, int) and len(value) < shortest:
        yield _invalid(path, f"must have {shortest} characters or more")
    if isinstance(longest, int) and len(value) > longest:
        yield Cause(reason="FieldValueTooLong", message=f"must have {longest} characters or fewer", field=path)


def _number_faults(value: float, schema: JsonObject, path: str) -> Iterator[Cause]:
    lowest, highest, multiple = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
    if isinstance(lowest, (int, float)) and (value < lowest or (_open(schema, "Minimum") and value == lowest)):
        yield _invalid(path, f"must be greater than {'' if _open(schema, 'Minimum') else 'or equal to '}{lowest}")
    if isinstance(highest, (int, float)) and (value > highest or (_open(schema, "Maximum") and value == highest)):
        yield _invalid(path, f"must be less than {'' if _open(schema, 'Maximum') else 'or equal to '}{highest}")
    if isinstance(multiple, (int, float)) and multiple and not _divides(multiple, value):
        yield _invalid(path, f"must be a multiple of {multiple}")


def _divides(multiple: float, value: float) -> bool:
    """Exact for whole numbers; 0.3 is a multiple of 0.1, as the server has it."""
    if isinstance(multiple, int) and isinstance(value, int):
        return value % multiple == 0
    quotient = value / multiple
    return abs(quotient - round(quotient)) <= 1e-9 * max(1.0, abs(quotient))


def _open(schema: JsonObject, bound: str) -> bool:
    return schema.get(f"exclusive{bound}") is True


def _object_faults(value: JsonObject, schema: JsonObject, path: str, *, whole: bool) -> Iterator[Cause]:
    for key in map(as_text, as_list(schema.get("required")) if whole else []):
        if key not in value:
            yield Cause(reason="FieldValueRequired", message="must be there", field=step(path, key))
    for key, member in value.items():
        inner = member_schema(schema, key)
        if inner:
            yield from value_faults(member, inner, step(path, key), whole=whole)
    fewest, most = schema.get("minProperties"), schema.get("maxProperties")
    if whole and isinstance(fewest, int) and len(value) < fewest:
        yield _invalid(path, f"must have {fewest} members or more")
    if isinstance(most, int) and len(value) > most:
        yield Cause(reason="FieldValueTooMany", message=f"must have {most} members or fewer", field=path)


def _list_faults(value: list[Json], schema: JsonObject, path: str, *, whole: bool) -> Iterator[Cause]:
    fewest, most = schema.get("minItems"), schema.get("maxItems")
    if whole and isinstance(fewest, int) and len(value) < fewest:
        yield _invalid(path, f"must have {fewest} items or more")
    if isinstance(most, int) and len(value) > most:
        yield Cause(reason="FieldValueTooMany", message=f"must have {most} items or fewer", field=path)
    items = as_object(schema.get("items"))
    for at, item in enumerate(value):
        yield from value_faults(item, items, f"{path}[{at}]", whole=whole)


def _combined_faults(value: Json, schema: JsonObject, path: str) -> Iterator[Cause]:
    for inner in as_list(schema.get("allOf")):
        yield from value_faults(value, as_object(inner), path, whole=True)
    if "anyOf" in schema and not any(_accepts(value, inner) for inner in as_list(schema["anyOf"])):
        yield _invalid(path, "must fit one of the alternatives (anyOf)")
    if "oneOf" in schema and sum(_accepts(value, inner) for inner in as_list(schema["oneOf"])) != 1:
        yield _invalid(path, "must fit exactly one of the alternatives (oneOf)")
    if "not" in schema and _accepts(value, schema["not"]):
        yield _invalid(path, "must not fit what is excluded (not)")


def _accepts(value: Json, schema: Json) -> bool:
    return next(value_faults(value, as_object(schema), "", whole=True), None) is None
