"""Places in a text, and how a field path leads to one through a tree of marks (``tree.py``)."""

from __future__ import annotations

import re
from typing import TypeAlias

from brokkr_core.frozen import frozen

Path: TypeAlias = "tuple[str | int, ...]"

_STEP = r"\.?([^.\[\]]+)|\[([^\]]*)\]"


@frozen(kw_only=True)
class Place:
    """A place in a text, counted from 1."""

    line: int
    column: int
    exact: bool = True  #: False when the field itself is not written: the nearest one around it is named


class Mark:
    """A value with the place it starts at (for a member of a mapping: its key) and its children."""

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.members: dict[str, Mark] | None = None
        self.items: list[Mark] | None = None


def parse_path(path: str) -> Path:
    """Read a field path as the API server writes it.

    Args:
        path: for example ``spec.containers[0].image`` or ``metadata.annotations[brokkr.io/wave]``.

    Returns:
        Its steps; what is a number in brackets comes as an integer.
    """
    steps: list[str | int] = []
    for name, bracketed in re.findall(_STEP, path):
        steps.append(int(bracketed) if bracketed.isdecimal() else name or bracketed.strip("\"'"))
    return tuple(steps)


def find(root: Mark | None, path: Path) -> Place:
    """Follow a path through a tree of marks.

    Args:
        root: the tree; None finds the first line.
        path: the steps.

    Returns:
        The place of the field, or of the nearest one around it that is written.
    """
    if root is None:
        return Place(line=1, column=1, exact=not path)
    mark = root
    for step in path:
        child = _child(mark, step)
        if child is None:
            return Place(line=mark.line, column=mark.column, exact=False)
        mark = child
    return Place(line=mark.line, column=mark.column)


def _child(mark: Mark, step: str | int) -> Mark | None:
    if mark.items is not None:
        return mark.items[step] if isinstance(step, int) and step < len(mark.items) else None
    return mark.members.get(str(step)) if mark.members is not None else None
