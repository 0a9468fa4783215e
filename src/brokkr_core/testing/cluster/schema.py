"""What the server knows about the shape of an object: one node a place, resolved on demand.

The same nodes are built from the OpenAPI table of the built-in kinds and from the structural schema of a
CustomResourceDefinition; merging, ownership, strategic patches and strict decoding all walk them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from attrs import evolve, field, frozen

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text


class Shape(Enum):
    """What may stand at a place."""

    SCALAR = "scalar"
    MAP = "map"
    LIST = "list"
    ANY = "any"


class ListKind(Enum):
    """How the items of a list are told apart (``x-kubernetes-list-type``)."""

    ATOMIC = "atomic"
    SET = "set"
    MAP = "map"


class Fields(dict[str, "Node"]):
    """The declared fields of a struct; a schema may contain itself, so each node is built when asked for."""

    def __init__(self, schemas: Mapping[str, Json], build: Callable[[JsonObject], Node]) -> None:
        super().__init__()
        self.schemas = schemas
        self._build = build

    def __missing__(self, name: str) -> Node:
        node = self._build(as_object(self.schemas[name]))
        self[name] = node
        return node

    def __contains__(self, name: object) -> bool:
        return name in self.schemas

    def names(self) -> list[str]:
        """Return the names of all declared fields, built or not."""
        return list(self.schemas)


def _no_fields() -> Fields:
    return Fields({}, lambda _schema: ANY)


@frozen(kw_only=True, eq=False)
class Node:
    """The schema of one place.

    Args:
        shape: what may stand here.
        type_name: the JSON type for messages and checks; empty when anything goes.
        atomic: the value is owned and replaced as a whole.
        fields: declared fields of a struct.
        values: schema of the values of a map without declared fields, or of undeclared fields.
        items: schema of list items.
        list_kind: how list items are told apart.
        keys: the fields that name an item of an associative list.
        merge_key: the field a strategic merge patch matches items by, if it merges this list.
        merges: a strategic merge patch merges this list (of scalars, when there is no merge key).
        required: fields that must be there.
        closed: undeclared fields are unknown.
        nullable: an explicit null is a value here (custom resources only).
        builtin: a Go struct stands behind it, so empty values vanish when it is written back.
        default: the value the schema gives when the field is missing (custom resources only).
        has_default: whether there is such a value.
        text_map: only text stands here by free names, as in labels; the walks need not look at every member.
    """

    shape: Shape
    type_name: str = ""
    atomic: bool = False
    fields: Fields = field(factory=_no_fields, repr=False)
    values: Node | None = field(default=None, repr=False)
    items: Node | None = field(default=None, repr=False)
    list_kind: ListKind = ListKind.ATOMIC
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    merges: bool = False
    required: frozenset[str] = frozenset()
    closed: bool = False
    nullable: bool = False
    builtin: bool = False
    default: Json = None
    has_default: bool = False
    text_map: bool = field(init=False, repr=False)

    @text_map.default
    def _is_text_map(self) -> bool:
        return self.values is not None and self.values.type_name == "string" and not self.fields.schemas

    def child(self, name: str) -> Node:
        """Return the schema of a field or map value."""
        known = self.fields.get(name)  # most fields have been asked for before
        if known is not None:
            return known
        if name in self.fields.schemas:
            return self.fields[name]
        return self.values if self.values is not None else self._inside()

    @property
    def item(self) -> Node:
        """The schema of an item."""
        return self.items if self.items is not None else self._inside()

    def declares(self, name: str) -> bool:
        """Tell whether the field stands in the schema by name."""
        return name in self.fields.schemas

    def _inside(self) -> Node:
        return UNTYPED if self.atomic else ANY


_TEXT_ONLY = frozenset({str})


def all_text(value: JsonObject) -> bool:
    """Tell whether all values of a map are text."""
    return _TEXT_ONLY.issuperset(map(type, value.values()))


#: Nothing is known: maps are merged key by key, lists as a whole.
ANY = Node(shape=Shape.ANY)
#: Nothing is known and nothing may be taken apart.
UNTYPED = Node(shape=Shape.ANY, atomic=True)
SCALAR = Node(shape=Shape.SCALAR)

QUANTITY = "quantity"
INT_OR_STRING = "int-or-string"

_SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": Node(shape=Shape.SCALAR, type_name=QUANTITY, builtin=True),
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": Node(shape=Shape.SCALAR, type_name=INT_OR_STRING, builtin=True),
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": UNTYPED,
    "io.k8s.apimachinery.pkg.runtime.RawExtension": UNTYPED,
}


class Definitions:
    """Builds nodes from named OpenAPI definitions; the names may refer to each other in circles."""

    def __init__(self, definitions: Mapping[str, Json]) -> None:
        self._definitions = definitions
        self._named: dict[str, Node] = dict(_SPECIAL)

    def named(self, name: str) -> Node:
        """Return the node of a definition.

        Args:
            name: full name such as ``io.k8s.api.core.v1.Pod``.
        """
        if name not in self._named:
            self._named[name] = self._build(as_object(self._definitions[name]))
        return self._named[name]

    def _build(self, schema: JsonObject) -> Node:
        if "$ref" not in schema:
            return evolve(node_of(schema, self._build), builtin=True)
        target = self.named(as_text(schema["$ref"]))
        if schema.get("x-kubernetes-map-type") == "atomic" and not target.atomic:
            return evolve(target, atomic=True)
        return target


def node_of(schema: JsonObject, build: Callable[[JsonObject], Node]) -> Node:
    """Build the node of one schema.

    Args:
        schema: an OpenAPI schema without ``$ref``.
        build: builds the nodes inside; called lazily for fields.

    Returns:
        The node; unknown constructs become "anything".
    """
    node = _shaped(schema, build)
    if "default" not in schema and not schema.get("nullable"):
        return node
    nullable = bool(schema.get("nullable"))
    return evolve(node, nullable=nullable, default=schema.get("default"), has_default="default" in schema)


def _shaped(schema: JsonObject, build: Callable[[JsonObject], Node]) -> Node:
    if schema.get("x-kubernetes-int-or-string"):
        return Node(shape=Shape.SCALAR, type_name=INT_OR_STRING)
    if "properties" in schema or "additionalProperties" in schema:
        return map_node(schema, build)
    if "items" in schema:
        return _list_node(schema, build)
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return ANY
    if schema.get("type") == "object":
        return Node(shape=Shape.MAP, type_name="object", values=UNTYPED)
    if "type" in schema:
        return _scalar_node(schema)
    return UNTYPED


def _scalar_node(schema: JsonObject) -> Node:
    type_name = as_text(schema["type"])
    if type_name == "string" and schema.get("format") == "byte":
        type_name = "bytes"
    return Node(shape=Shape.SCALAR, type_name=type_name)


def map_node(schema: JsonObject, build: Callable[[JsonObject], Node]) -> Node:
    """Build the node of a map or struct; the arguments are those of ``node_of``."""
    inner = schema.get("additionalProperties")
    values = build(inner) if isinstance(inner, dict) else None
    preserves = bool(schema.get("x-kubernetes-preserve-unknown-fields")) or inner is True
    return Node(
        shape=Shape.MAP,
        type_name="object",
        atomic=schema.get("x-kubernetes-map-type") == "atomic",
        fields=Fields(as_object(schema.get("properties")), build),
        values=values if values is not None else ANY if preserves else None,
        required=frozenset(as_text(name) for name in as_list(schema.get("required"))),
        closed=values is None and not preserves,
    )


def _list_node(schema: JsonObject, build: Callable[[JsonObject], Node]) -> Node:
    strategy = as_text(schema.get("x-kubernetes-patch-strategy")).split(",")
    return Node(
        shape=Shape.LIST,
        type_name="array",
        items=build(as_object(schema["items"])),
        list_kind=ListKind(as_text(schema.get("x-kubernetes-list-type")) or "atomic"),
        atomic=as_text(schema.get("x-kubernetes-list-type")) in {"", "atomic"},
        keys=tuple(as_text(key) for key in as_list(schema.get("x-kubernetes-list-map-keys"))),
        merge_key=as_text(schema.get("x-kubernetes-patch-merge-key")) if "merge" in strategy else "",
        merges="merge" in strategy,
    )
