"""What changed between two objects, as field paths (structured-merge-diff ``typed/compare.go``)."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.copying import same_json
from brokkr_core.testing.cluster.paths import Path, item_element
from brokkr_core.testing.cluster.schema import Node

#: Structs that Go always writes, so they are there before anybody sets something inside them.
ALWAYS_THERE = frozenset(
    {
        "metadata",
        "spec",
        "status",
        "strategy",
        "updateStrategy",
        "template",
        "jobTemplate",
        "names",
        "podSelector",
        "scaleTargetRef",
        "scope",
    }
)


#: A pod spec writes its list of containers even when it is empty.
_LIST_ALWAYS_THERE = "f:containers"
#: A struct that is written even when it is empty, where the object has it and not where a list item has it.
_STRUCT_ALWAYS_THERE = ("f:spec", "f:resources")


class _Missing:
    """Not there at all, which is not the same as null."""

    def __bool__(self) -> bool:
        return False


_MISSING = _Missing()


@frozen(kw_only=True)
class Comparison:
    """The paths that were added, modified and removed."""

    added: set[Path] = field(factory=set)
    modified: set[Path] = field(factory=set)
    removed: set[Path] = field(factory=set)

    @property
    def changed(self) -> set[Path]:
        """Paths that have another value than before."""
        return self.added | self.modified

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return not (self.added or self.modified or self.removed)


def compare(old: Json, new: Json, node: Node) -> Comparison:
    """Compare two objects of one schema.

    Args:
        old: the object before.
        new: the object after.
        node: schema of both.
    """
    found = Comparison()
    _compare(old, new, node, (), found)
    return found


def _compare(old: Json | _Missing, new: Json | _Missing, node: Node, path: Path, found: Comparison) -> None:
    if isinstance(old, dict) and isinstance(new, dict) and not node.atomic:
        _compare_maps(old, new, node, path, found)
        return
    if old is new or same_json(old, new):
        return
    if _is_leaf(old, new, node):
        _note(old, new, path, found)
        return
    if isinstance(old, list) or isinstance(new, list):
        _compare_lists(old, new, node, path, found)
    else:
        _compare_maps(old, new, node, path, found)
    if _implied(path, node):
        return
    if isinstance(old, _Missing):
        found.added.add(path)
    elif isinstance(new, _Missing):
        found.removed.add(path)


def _implied(path: Path, node: Node) -> bool:
    if not node.builtin or not path:
        return False
    if node.items is not None:
        return path[-1] == _LIST_ALWAYS_THERE
    return path == _STRUCT_ALWAYS_THERE or (bool(node.fields.names()) and path[-1][2:] in ALWAYS_THERE)


def _is_leaf(old: Json | _Missing, new: Json | _Missing, node: Node) -> bool:
    if node.atomic:
        return True
    if isinstance(old, dict) or isinstance(new, dict):
        return not (old or new) or not _others_blank(dict, old, new)
    if isinstance(old, list) or isinstance(new, list):
        return node.items is None or not (old or new) or not _others_blank(list, old, new)
    return True


def _others_blank(kind: type, *sides: Json | _Missing) -> bool:
    return all(isinstance(side, (kind, _Missing)) or side is None for side in sides)


def _note(old: Json | _Missing, new: Json | _Missing, path: Path, found: Comparison) -> None:
    if isinstance(old, _Missing):
        found.added.add(path)
    elif isinstance(new, _Missing):
        found.removed.add(path)
    else:
        found.modified.add(path)


def _compare_maps(old: Json | _Missing, new: Json | _Missing, node: Node, path: Path, found: Comparison) -> None:
    before: JsonObject = old if isinstance(old, dict) else {}
    after: JsonObject = new if isinstance(new, dict) else {}
    for name in {**before, **after}:
        mine, yours = before.get(name, _MISSING), after.get(name, _MISSING)
        if mine is yours:
            continue
        if type(mine) is str is type(yours):
            if mine != yours:
                found.modified.add((*path, f"f:{name}"))
        else:
            _compare(mine, yours, node.child(name), (*path, f"f:{name}"), found)


def _compare_lists(old: Json | _Missing, new: Json | _Missing, node: Node, path: Path, found: Comparison) -> None:
    before = {item_element(item, node): item for item in old} if isinstance(old, list) else {}
    after = {item_element(item, node): item for item in new} if isinstance(new, list) else {}
    for element in {**before, **after}:
        _compare(
            before.get(element, _MISSING),
            after.get(element, _MISSING),
            node.item,
            (*path, element),
            found,
        )
