"""Does an applied configuration fit the schema? The checks server-side apply makes before it merges.

The server answers a misfit with 500 and no reason: ``failed to create typed patch object``
(apimachinery ``managedfields/internal/structuredmerge.go``; kubernetes/kubernetes#122480).
"""

from __future__ import annotations

from brokkr_core.model.json import Json
from brokkr_core.testing.cluster.paths import ItemKeyError, compact, dotted, item_element
from brokkr_core.testing.cluster.schema import INT_OR_STRING, QUANTITY, ListKind, Node, Shape, all_text

_EXPECTED = {
    "string": "string",
    "bytes": "string",
    "integer": "numeric (int or float)",
    "number": "numeric (int or float)",
    "boolean": "boolean",
}


#: Values of exactly these types fit without a closer look.
_PLAIN_FITS: dict[str, type] = {"string": str, "integer": int, "boolean": bool}


def misfits(value: Json, node: Node) -> list[str]:
    """Return everything in which a configuration does not fit its schema.

    Args:
        value: the applied object.
        node: its schema.
    """
    found: list[str] = []
    _look(value, node, "", found)
    return found


def _look(value: Json, node: Node, path: str, found: list[str]) -> None:
    if value is None or node.shape is Shape.ANY:
        return
    if node.shape is Shape.MAP:
        _look_at_map(value, node, path, found)
    elif node.shape is Shape.LIST:
        _look_at_list(value, node, path, found)
    else:
        _look_at_scalar(value, node, path, found)


def _look_at_map(value: Json, node: Node, path: str, found: list[str]) -> None:
    if not isinstance(value, dict):
        found.append(f"{path}: expected map, got {_described(value)}")
        return
    if node.text_map and all_text(value):
        return
    for name, member in value.items():
        if node.closed and not node.declares(name):
            found.append(f"{path}.{name}: field not declared in schema")
            continue
        child = node.child(name)
        if _PLAIN_FITS.get(child.type_name) is not type(member):
            _look(member, child, f"{path}.{name}", found)


def _look_at_list(value: Json, node: Node, path: str, found: list[str]) -> None:
    if not isinstance(value, list):
        found.append(f"{path}: expected list, got {_described(value)}")
        return
    seen: set[str] = set()
    for at, item in enumerate(value):
        inside = f"{path}[{at}]"
        if node.list_kind is not ListKind.ATOMIC:
            try:
                element = item_element(item, node)
            except ItemKeyError as error:
                found.append(f"{path}: element {at}: {error}")
                continue
            inside = path + dotted((element,))
            if element in seen:
                found.append(f"{path}: duplicate entries for key {dotted((element,))}")
                continue
            seen.add(element)
        _look(item, node.item, inside, found)


def _look_at_scalar(value: Json, node: Node, path: str, found: list[str]) -> None:
    if node.type_name in {INT_OR_STRING, QUANTITY}:
        if isinstance(value, (dict, list, bool)):
            found.append(f"{path}: expected string or number, got {_described(value)}")
        return
    expected = _EXPECTED.get(node.type_name)
    if expected is None:
        return
    fits = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "numeric (int or float)": isinstance(value, (int, float)) and not isinstance(value, bool),
    }[expected]
    if not fits:
        said = {"string": _unstructured, "boolean": _described}.get(expected, _go_type)(value)
        found.append(f"{path}: expected {expected}, got {said}")


def _described(value: Json) -> str:
    return f"&{{{_go_value(value)}}}"


def _unstructured(value: Json) -> str:
    return f"&value.valueUnstructured{{Value:{_go_syntax(value)}}}"


def _go_type(value: Json) -> str:
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    return "bool" if isinstance(value, bool) else type(value).__name__.replace("str", "string")


def _go_value(value: Json) -> str:
    """Print a value as Go's ``%v`` does."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_go_value(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(_go_value(item) for item in value) + "]"
    return value if isinstance(value, str) else compact(value)


def _go_syntax(value: Json) -> str:
    """Print a value as Go's ``%#v`` does."""
    if isinstance(value, dict):
        inside = ", ".join(f"{compact(key)}:{_go_syntax(value[key])}" for key in sorted(value))
        return f"map[string]interface {{}}{{{inside}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(_go_syntax(item) for item in value)}}}"
    return compact(value)


def misfit_message(faults: list[str]) -> str:
    """Join the faults as the server prints them."""
    if len(faults) == 1:
        return faults[0]
    return "errors:\n" + "\n".join(f"  {fault}" for fault in faults)
