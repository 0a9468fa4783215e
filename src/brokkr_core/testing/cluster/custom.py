"""The schema of a custom resource: what its CustomResourceDefinition says, and what every object has."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.testing.cluster.schema import Fields, Node, Shape, map_node, node_of


def custom_node(schema: JsonObject, object_meta: Node) -> Node:
    """Build the root node of a custom resource.

    Args:
        schema: the ``openAPIV3Schema`` of one version.
        object_meta: the node of ``metadata``, which no CRD describes itself.

    Returns:
        A struct with ``apiVersion``, ``kind`` and ``metadata`` added.
    """

    def build(inner: JsonObject) -> Node:
        if inner.get("x-kubernetes-embedded-resource"):
            return custom_node(inner, object_meta)
        return node_of(inner, build)

    if not schema or "properties" not in schema:
        schema = {**schema, "properties": {}, "type": "object"}
    node = map_node(schema, build)
    fields = Fields({**_no_metadata(schema), "apiVersion": {}, "kind": {}, "metadata": {}}, build)
    text = Node(shape=Shape.SCALAR, type_name="string")
    fields.update({"apiVersion": text, "kind": text, "metadata": object_meta})
    return evolve(node, fields=fields)


def _no_metadata(schema: JsonObject) -> JsonObject:
    properties = as_object(dig(schema, "properties"))
    return {name: value for name, value in properties.items() if name not in {"apiVersion", "kind", "metadata"}}
