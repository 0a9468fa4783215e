"""JSON patch (RFC 6902)."""

from __future__ import annotations

from brokkr_core.model.json import Json, as_object


class PatchError(ValueError):
    """An operation cannot be carried out; the text says which and why."""


def apply_json_patch(target: Json, operations: Json) -> Json:
    """Apply the operations in order, all or none.

    Args:
        target: the value before; it is not changed.
        operations: a list of operations.

    Raises:
        PatchError: an operation is malformed, its path is not there, or a test fails.
    """
    if not isinstance(operations, list):
        raise PatchError("a JSON patch is a list of operations")
    value = target
    for operation in operations:
        value = _perform(value, operation)
    return value


def _perform(target: Json, operation: Json) -> Json:
    op = as_object(operation)
    name, path = op.get("op"), _pointer(op.get("path"))
    if name == "remove":
        return _remove(target, path)
    if name in {"add", "replace", "test"} and "value" not in op:
        raise PatchError(f"{name} operation has no value")
    if name == "add":
        return _add(target, path, op["value"])
    if name == "replace":
        _read(target, path)
        return _replace(target, path, op["value"])
    if name == "test":
        return _test(target, path, op["value"])
    if name in {"move", "copy"}:
        source = _pointer(op.get("from"))
        value = _read(target, source)
        return _add(_remove(target, source) if name == "move" else target, path, value)
    raise PatchError(f"Unexpected kind: {name}")


def _pointer(text: Json) -> list[str]:
    if text == "":
        return []
    if not isinstance(text, str) or not text.startswith("/"):
        raise PatchError(f"not a JSON pointer: {text!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _read(target: Json, path: list[str]) -> Json:
    value = target
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list):
            value = value[_index(part, len(value) - 1)]
        else:
            raise PatchError(f"path /{'/'.join(path)} does not exist: missing path")
    return value


def _index(part: str, last: int) -> int:
    if not part.isdigit() or int(part) > last:
        raise PatchError(f"Unable to access invalid index: {part}")
    return int(part)


def _add(target: Json, path: list[str], value: Json) -> Json:
    if not path:
        return value
    *above, leaf = path
    parent = _read(target, above)
    if isinstance(parent, list):
        at = len(parent) if leaf == "-" else _index(leaf, len(parent))
        return _replace(target, above, [*parent[:at], value, *parent[at:]])
    if isinstance(parent, dict):
        return _replace(target, above, {**parent, leaf: value})
    raise PatchError(f"path /{'/'.join(path)} does not exist: missing path")


def _remove(target: Json, path: list[str]) -> Json:
    if not path:
        raise PatchError("the whole object cannot be removed")
    _read(target, path)
    *above, leaf = path
    parent = _read(target, above)
    if isinstance(parent, list):
        at = int(leaf)
        return _replace(target, above, [*parent[:at], *parent[at + 1 :]])
    return _replace(target, above, {key: value for key, value in as_object(parent).items() if key != leaf})


def _replace(target: Json, path: list[str], value: Json) -> Json:
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(target, list):
        at = int(first)
        return [*target[:at], _replace(target[at], rest, value), *target[at + 1 :]]
    whole = as_object(target)
    return {**whole, first: _replace(whole.get(first), rest, value)}


def _test(target: Json, path: list[str], wanted: Json) -> Json:
    try:
        found = _read(target, path)
    except PatchError:
        found = None
    if found != wanted or isinstance(found, bool) is not isinstance(wanted, bool):
        raise PatchError(f"testing value /{'/'.join(path)} failed: test failed")
    return target
