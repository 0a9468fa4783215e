"""What the server makes of a custom resource before it validates it: nulls fall out, defaults come in."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_object


def settled(value: Json, schema: JsonObject, *, defaults: bool) -> Json:
    """Return a value without the nulls that its schema does not allow and with the defaults it gives.

    Args:
        value: a custom resource or a part of it.
        schema: the structural schema of that place.
        defaults: whether to fill them in.

    Returns:
        A new value; the given one is left as it is.
    """
    if isinstance(value, list):
        items = as_object(schema.get("items"))
        return [settled(item, items, defaults=defaults) for item in value]
    if not isinstance(value, dict):
        return value
    members = {key: member for key, member in value.items() if not _falls_out(member, member_schema(schema, key))}
    for key, inner in as_object(schema.get("properties")).items() if defaults else ():
        if key not in members and isinstance(inner, dict) and "default" in inner:
            members[key] = inner["default"]
    return {
        key: settled(member, member_schema(schema, key) or {}, defaults=defaults) for key, member in members.items()
    }


def member_schema(schema: JsonObject, key: str) -> JsonObject | None:
    """Return the schema of a member of an object, declared by name or for all; None when there is none."""
    properties = as_object(schema.get("properties"))
    inner = properties[key] if key in properties else schema.get("additionalProperties")
    return inner if isinstance(inner, dict) else None


def _falls_out(member: Json, inner: JsonObject | None) -> bool:
    return member is None and bool(inner) and as_object(inner).get("nullable") is not True
