"""Strategic merge patch: lists merge by the key their schema names.

Directives: ``$patch: delete`` and ``$patch: replace``, ``$deleteFromPrimitiveList/<field>``,
``$setElementOrder/<field>`` and ``$retainKeys`` (apimachinery ``strategicpatch/patch.go``).
"""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_list, as_object
from brokkr_core.testing.cluster.schema import Node

_DELETE_FROM = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def apply_strategic_patch(target: Json, patch: Json, node: Node) -> Json:
    """Apply a strategic merge patch.

    Args:
        target: the value before; it is not changed.
        patch: what to change.
        node: schema of both.
    """
    if isinstance(patch, dict):
        return _patch_map(target if isinstance(target, dict) else {}, patch, node)
    if isinstance(patch, list) and node.merges:
        items = target if isinstance(target, list) else []
        return _patch_items(items, patch, node) if node.merge_key else _union(items, patch)
    return patch


def _patch_map(target: JsonObject, patch: JsonObject, node: Node) -> JsonObject:
    directive = patch.get("$patch")
    if directive == "delete":
        return {}
    plain = {name: value for name, value in patch.items() if not name.startswith("$")}
    if directive == "replace":
        return plain
    out = _retained(target, patch)
    for name, value in plain.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = apply_strategic_patch(out.get(name), value, node.child(name))
    for name, value in patch.items():
        if name.startswith(_DELETE_FROM):
            field = name.removeprefix(_DELETE_FROM)
            out[field] = [item for item in as_list(out.get(field)) if item not in as_list(value)]
    for name, value in patch.items():
        if name.startswith(_ORDER):
            field = name.removeprefix(_ORDER)
            live, items = as_list(target.get(field)), as_list(out.get(field))
            out[field] = _ordered(live, items, as_list(value), node.child(field))
    return out


def _retained(target: JsonObject, patch: JsonObject) -> JsonObject:
    if "$retainKeys" not in patch:
        return dict(target)
    kept = as_list(patch["$retainKeys"])
    return {name: value for name, value in target.items() if name in kept}


def _patch_items(items: list[Json], patch: list[Json], node: Node) -> list[Json]:
    if any(as_object(item).get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in as_object(item)]
    out = list(items)
    for change in patch:
        out = _patch_item(out, as_object(change), node)
    return _interleaved(items, out, [as_object(change).get(node.merge_key) for change in patch], node)


def _patch_item(items: list[Json], change: JsonObject, node: Node) -> list[Json]:
    wanted = change.get(node.merge_key)
    at = next((i for i, item in enumerate(items) if as_object(item).get(node.merge_key) == wanted), None)
    if change.get("$patch") == "delete":
        return [item for item in items if as_object(item).get(node.merge_key) != wanted]
    if at is None:
        return [*items, apply_strategic_patch({}, change, node.item)]
    return [*items[:at], apply_strategic_patch(items[at], change, node.item), *items[at + 1 :]]


def _union(items: list[Json], patch: list[Json]) -> list[Json]:
    return [*items, *(item for item in patch if item not in items)]


def _interleaved(before: list[Json], after: list[Json], order: list[Json], node: Node) -> list[Json]:
    """Put the items a patch names in its order, and the others between them as they stood before.

    Args:
        before: the list before; an item that is new in it comes as early as the order lets it.
        after: the patched list in any order.
        order: how the patch names its items, one after the other.
        node: schema of the list.
    """

    def name(item: Json) -> Json:
        return as_object(item).get(node.merge_key) if node.merge_key else item

    place = [name(item) for item in before]
    ours = sorted((item for item in after if name(item) in order), key=lambda item: order.index(name(item)))
    others = [item for item in after if name(item) not in order]
    out: list[Json] = []
    for item in ours:
        while others and name(item) in place and place.index(name(others[0])) < place.index(name(item)):
            out.append(others.pop(0))
        out.append(item)
    return out + others


def _ordered(before: list[Json], items: list[Json], order: list[Json], node: Node) -> list[Json]:
    names = [as_object(item).get(node.merge_key) if node.merge_key else item for item in order]
    return _interleaved(before, items, names, node)
