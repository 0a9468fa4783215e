"""Configurations of one outline fit, and own, the same: what was found out about the first holds for all.

The outline of a value is everything but the values of scalars: names, types and, because the items of lists are
told apart by what they hold, the items of lists.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.fieldset import field_set
from brokkr_core.testing.cluster.paths import Path
from brokkr_core.testing.cluster.schema import Node, all_text
from brokkr_core.testing.cluster.typed import misfits

#: The outline of any text, which is what most members are.
_TEXT = "str"


class Outlined:
    """A configuration that is equal to all others of its outline.

    Args:
        config: the applied object; it must not change.
    """

    __slots__ = ("_hash", "_outline", "config")

    def __init__(self, config: JsonObject) -> None:
        self.config = config
        self._outline = outline(config)
        self._hash = hash(self._outline)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outlined) and self._outline == other._outline

    def __hash__(self) -> int:
        return self._hash


def outline(value: Json) -> Hashable:
    """Return what is left of a value without its scalars."""
    if isinstance(value, dict):
        if all_text(value):
            return (str, *value)
        return tuple([(name, _TEXT if type(member) is str else outline(member)) for name, member in value.items()])
    return (list, *map(_whole, value)) if isinstance(value, list) else type(value).__name__


def _whole(value: Json) -> Hashable:
    if isinstance(value, dict):
        return tuple([(name, _whole(member)) for name, member in value.items()])
    return (list, *map(_whole, value)) if isinstance(value, list) else (type(value), value)


@lru_cache(maxsize=2048)
def fits(outlined: Outlined, node: Node) -> bool:
    """Tell whether configurations of an outline fit a schema."""
    return not misfits(outlined.config, node)


@lru_cache(maxsize=2048)
def wanted_fields(outlined: Outlined, node: Node) -> frozenset[Path]:
    """Return the paths that applying a configuration of an outline would own."""
    return frozenset(field_set(outlined.config, node))
