"""Read a body into the shape the server keeps: unknown fields fall out, empty values vanish, quantities settle.

A built-in kind passes through a Go struct, so what Go does not write (``omitempty``) is not there afterwards.
A custom resource is pruned to its structural schema and otherwise kept as it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from attrs import field, frozen

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.quantity import canonical
from brokkr_core.testing.cluster.schema import INT_OR_STRING, QUANTITY, UNTYPED, Node, Shape, all_text
from brokkr_core.testing.cluster.words import word_set

#: String fields behind a pointer, where the empty text is a value of its own.
POINTER_TEXT: Final = word_set("""
    apiGroup appProtocol ingressClassName loadBalancerClass pathType runtimeClassName storageClassName type
    volumeAttributesClassName
    """)

#: Flags and numbers that Go keeps without a pointer: false and 0 are not written back.
VANISHING_ZERO: Final = word_set("""
    automountDefault generation globalDefault healthCheckNodePort hostIPC hostNetwork hostPID hostPort
    initialDelaySeconds minReadySeconds nodePort paused publishNotReadyAddresses readOnly stdin stdinOnce tty
    unschedulable
    """)

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "bytes": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    INT_OR_STRING: (int, str),
    QUANTITY: (str, int, float),
}


@frozen(kw_only=True)
class Decoded:
    """A body as the server understood it.

    Args:
        body: the object that is kept.
        unknown: paths of fields the schema does not have.
        mistyped: what does not fit its type, as sentences.
    """

    body: JsonObject
    unknown: list[str] = field(factory=list)
    mistyped: list[str] = field(factory=list)


def decode(body: JsonObject, node: Node, known: JsonObject | None = None) -> Decoded:
    """Read an object the way the server would.

    Args:
        body: a JSON object from a request.
        node: the schema of its kind.
        known: an object of a built-in kind that was read before; the very parts of it that the body holds are
            taken over as they are.
    """
    reader = _Reader()
    value = reader.read(body, node, "", known if node.builtin else None)
    out = value if isinstance(value, dict) else {}
    return Decoded(body=out, unknown=reader.unknown, mistyped=reader.mistyped)


class _Reader:
    """Walks one body and notes what is wrong with it."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self.mistyped: list[str] = []

    def read(self, value: Json, node: Node, path: str, known: Json = None) -> Json:
        if value is None or node.shape is Shape.ANY:
            return value
        if not _fits(value, node.type_name):
            # A custom resource is judged by its structural schema instead, with 422.
            if node.builtin:
                wanted = f"Go struct field of type {node.type_name}"
                self.mistyped.append(f"json: cannot unmarshal {go_name(value)} into {wanted}: {path}")
            return value
        if isinstance(value, dict):
            return self._read_map(value, node, path, known if isinstance(known, dict) else {})
        if isinstance(value, list):
            return [self.read(item, node.item, f"{path}[{at}]") for at, item in enumerate(value)]
        return self._read_scalar(value, node)

    def _read_map(self, value: JsonObject, node: Node, path: str, known: JsonObject) -> JsonObject:
        if node.text_map and all_text(value):
            return value
        out: JsonObject = {}
        for name, member in value.items():
            before = known.get(name)
            if member is before and member is not None:
                out[name] = member
                continue
            child = node.fields.get(name)  # most fields have been asked for before
            if child is None:
                if node.closed and not node.declares(name):
                    self.unknown.append(f"{path}.{name}" if path else name)
                    continue
                child = node.child(name)
            if type(member) is str and member and child.type_name == "string":
                out[name] = member
                continue
            read = self.read(member, child, f"{path}.{name}" if path else name, before)
            if not _vanishes(name, read, node, child):
                out[name] = read
        return out

    def _read_scalar(self, value: Json, node: Node) -> Json:
        if node.type_name == "bytes" and isinstance(value, str):
            self._check_base64(value)
        if node.type_name != QUANTITY or isinstance(value, bool):
            return value
        try:
            return canonical(str(value))
        except ValueError as error:
            self.mistyped.append(str(error))
            return value

    def _check_base64(self, value: str) -> None:
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            self.mistyped.append(f"illegal base64 data at input byte {_first_bad_byte(value)}")


def _first_bad_byte(text: str) -> int:
    bad = re.search(r"[^A-Za-z0-9+/=\r\n]", text)
    return bad.start() if bad else len(text)


def _fits(value: Json, type_name: str) -> bool:
    allowed = _TYPES.get(type_name)
    if allowed is None:
        return True
    if type(value) in allowed:
        return True
    if isinstance(value, bool):
        return False
    if isinstance(value, float) and value.is_integer() and type_name == "integer":
        return True
    return isinstance(value, allowed)


def go_name(value: Json) -> str:
    """Return what Go calls the JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "object" if isinstance(value, dict) else "array"


def _vanishes(name: str, value: Json, struct: Node, child: Node) -> bool:
    """Tell whether Go would not write this value back."""
    if not struct.declares(name):
        return False
    if not struct.builtin:
        return value is None and not child.nullable
    if value is None:
        return True
    if child.shape is Shape.ANY:
        # Raw JSON, as in the ``default`` of a schema, is kept as it was sent.
        return False
    if value == []:
        return True
    if value == {}:
        is_plain_map = child.shape is Shape.MAP and child.values not in {None, UNTYPED}
        return is_plain_map and not child.fields.names()
    if name in struct.required:
        return False
    if value == "":
        return name not in POINTER_TEXT
    return name in VANISHING_ZERO and isinstance(value, (bool, int)) and not value
