"""Configurations of one outline fit, own and read the same: what was found out about the first holds for all.

The outline of a value is everything but the values of scalars: names, types, which texts are empty and, because the
items of lists are told apart by what they hold, the items of lists.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Self

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.decode import decode
from brokkr_core.testing.cluster.fieldset import field_set
from brokkr_core.testing.cluster.paths import Path
from brokkr_core.testing.cluster.schema import Node, all_text
from brokkr_core.testing.cluster.typed import misfits

#: The outline of any text that says something, which is what most members are.
_TEXT = "str"


class Outlined(tuple[Hashable, ...]):
    """A configuration that is equal to all others of its outline.

    Args:
        config: the applied object; it must not change.
    """

    config: JsonObject

    def __new__(cls, config: JsonObject) -> Self:
        """Take the outline; a tuple, so that finding it again needs no code of ours."""
        out = super().__new__(cls, _outline_of(config))
        out.config = config
        return out


@frozen(kw_only=True)
class Findings:
    """What holds for all configurations of an outline.

    Args:
        fits: they fit the schema.
        wanted: the paths that applying them would own; none when they do not fit.
        read_as_sent: what a server keeps of them is what they say (see ``decode``).
    """

    fits: bool
    wanted: frozenset[Path] = frozenset()
    read_as_sent: bool = False


@lru_cache(maxsize=2048)
def findings(outlined: Outlined, node: Node) -> Findings:
    """Return what holds for all configurations of an outline under a schema."""
    config = outlined.config
    if misfits(config, node):
        return Findings(fits=False)
    decoded = decode(config, node)
    same = decoded.body == config and not decoded.mistyped
    wanted = frozenset(field_set(config, node))
    return Findings(fits=True, wanted=wanted, read_as_sent=same and _tells_all(config, node))


def _tells_all(config: JsonObject, node: Node) -> bool:
    """Tell whether the outline says how a server reads every member: texts that stay whatever they say, and lists."""
    if node.text_map:
        return all_text(config)
    for name, member in config.items():
        if isinstance(member, dict):
            if not _tells_all(member, node.child(name)):
                return False
        elif not isinstance(member, list) and not (member and node.child(name).type_name == "string"):
            return False
    return True


def _outline_of(value: JsonObject) -> tuple[Hashable, ...]:
    if all_text(value) and "" not in value.values():
        return (str, *value)
    return tuple(
        [(name, _TEXT if type(member) is str and member else outline(member)) for name, member in value.items()]
    )


def outline(value: Json) -> Hashable:
    """Return what is left of a value without its scalars."""
    if isinstance(value, dict):
        return _outline_of(value)
    if isinstance(value, list):
        return (list, *map(_whole, value))
    return "" if value == "" else type(value).__name__


def _whole(value: Json) -> Hashable:
    if isinstance(value, dict):
        return tuple([(name, _whole(member)) for name, member in value.items()])
    return (list, *map(_whole, value)) if isinstance(value, list) else (type(value), value)
