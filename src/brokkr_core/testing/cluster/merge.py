"""Merge an applied configuration into a live object, and take fields out of an object again.

Both follow structured-merge-diff (``typed/merge.go``, ``typed/remove.go``): atomic values are replaced, maps
and associative lists are merged, and a merged list keeps the live order where the configuration allows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeAlias

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.paths import Path, item_element
from brokkr_core.testing.cluster.schema import Node

Trie: TypeAlias = "dict[str, Trie]"

#: Marks a node of a trie that is itself to be removed, as ``.`` does in FieldsV1.
_HERE = "."


def merge(live: Json, config: Json, node: Node) -> Json:
    """Merge a configuration into what is there.

    Args:
        live: the value in the cluster.
        config: the value that is applied; null clears a scalar and leaves a filled map or list as it is.
        node: schema of both.

    Returns:
        The merged value; parts of the inputs may be shared with it. It is the live value itself where the
        configuration changes nothing, which makes the comparison that follows cheap.
    """
    if type(live) is dict is type(config) and not node.atomic:
        return _merge_maps(live, config, node)
    if type(live) is type(config) and not isinstance(live, (dict, list)) and live == config:
        return live
    if node.atomic:
        return config
    if isinstance(config, dict) or (config is None and isinstance(live, dict) and live):
        return _merge_maps(live if isinstance(live, dict) else {}, config or {}, node)
    if config is None and isinstance(live, list) and live:
        return live
    if isinstance(config, list) and isinstance(live, list) and config and node.items is not None:
        return _merge_lists(live, config, node)
    if isinstance(config, list) and isinstance(live, list) and live and not config:
        return live
    return config


def _merge_maps(live: JsonObject, config: JsonObject, node: Node) -> JsonObject:
    out = live
    for name, value in config.items():
        if name not in live:
            out = dict(live) if out is live else out
            out[name] = value
            continue
        before = live[name]
        if type(before) is str is type(value):
            merged: Json = before if before == value else value
        else:
            merged = merge(before, value, node.child(name))
        if merged is not before:
            out = dict(live) if out is live else out
            out[name] = merged
    return out or {}


def _merge_lists(live: list[Json], config: list[Json], node: Node) -> list[Json]:
    left = [item_element(item, node) for item in live]
    right = [item_element(item, node) for item in config]
    merged = _Merged(dict(zip(left, live, strict=True)), dict(zip(right, config, strict=True)), node)
    shared = [element for element in right if element in merged.live]
    at_left = at_right = 0
    while at_left < len(left) or at_right < len(right):
        wanted = shared[0] if shared else None
        if at_left < len(left):
            element = left[at_left]
            if element not in merged.config:
                merged.keep(live[at_left])
                at_left += 1
                continue
            next_in_config = at_right < len(right) and element == right[at_right]
            out_of_turn = at_right < len(right) and wanted is not None and element != wanted
            if next_in_config or out_of_turn or element in merged.done:
                at_left += 1
            if out_of_turn and not next_in_config:
                continue
        if at_right < len(right):
            merged.take(right[at_right])
            if right[at_right] == wanted:
                del shared[0]
            at_right += 1
    return merged.out


class _Merged:
    """The list that grows while two lists are walked side by side."""

    def __init__(self, live: JsonObject, config: JsonObject, node: Node) -> None:
        self.live = live
        self.config = config
        self.out: list[Json] = []
        self.done: set[str] = set()
        self._node = node

    def keep(self, item: Json) -> None:
        self.out.append(item)

    def take(self, element: str) -> None:
        item = self.config[element]
        if element in self.live:
            item = merge(self.live[element], item, self._node.item)
        self.out.append(item)
        self.done.add(element)


def remove(value: Json, paths: Iterable[Path], node: Node, keep: Collection[Path] = ()) -> Json:
    """Take the named fields and list items out of a value.

    Args:
        value: where to remove.
        paths: what to remove, wherever it is present.
        node: schema of the value.
        keep: maps that stay, empty, when they lose their last member.

    Returns:
        The rest; any other map or list that loses its last member disappears with it.
    """
    trie: Trie = {}
    for path in paths:
        place = trie
        for element in path:
            place = place.setdefault(element, {})
        place[_HERE] = {}
    return _without(value, trie, node, (), keep) if trie else value


def _without(value: Json, trie: Trie, node: Node, path: Path, keep: Collection[Path]) -> Json:
    if node.atomic:
        return None
    if isinstance(value, dict):
        return _map_without(value, trie, node, path, keep)
    if isinstance(value, list):
        return _list_without(value, trie, node, path, keep)
    return value


def _map_without(value: JsonObject, trie: Trie, node: Node, path: Path, keep: Collection[Path]) -> Json:
    out: JsonObject = {}
    for name, member in value.items():
        element = f"f:{name}"
        inside = trie.get(element)
        if inside is None:
            out[name] = member
        elif _HERE not in inside:
            rest = _without(member, inside, node.child(name), (*path, element), keep)
            if rest is not None:
                out[name] = rest
    return out if out or path in keep else None


def _list_without(value: list[Json], trie: Trie, node: Node, path: Path, keep: Collection[Path]) -> Json:
    out: list[Json] = []
    for item in value:
        element = item_element(item, node)
        inside = trie.get(element)
        if inside is None:
            out.append(item)
        elif _HERE not in inside:
            out.append(_without(item, inside, node.item, (*path, element), keep))
    return out or None
