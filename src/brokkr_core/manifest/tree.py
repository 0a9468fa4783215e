"""The tree of lines of one document, built only when somebody asks where a field stands."""

from __future__ import annotations

from yaml.error import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from brokkr_core.manifest.faults import FaultError
from brokkr_core.manifest.keys import key_text
from brokkr_core.manifest.marks import Mark
from brokkr_core.manifest.parser import open_parser
from brokkr_core.manifest.scalars import ScalarError


def mark_tree(text: str) -> Mark | None:
    """Build the tree of marks of one document.

    Args:
        text: a document that was read without a fault.

    Returns:
        The tree; None when YAML's parser cannot read the text (a document that is JSON only).
    """
    try:
        source = open_parser(text)
    except FaultError:
        return None
    tree = _Tree()
    try:
        while not tree.finished:
            event = source.get_event()
            if event is not None:
                tree.take(event)
    except (YAMLError, ScalarError):
        return None
    finally:
        source.dispose()
    return tree.root


class _Tree:
    """Collects marks, one event at a time."""

    def __init__(self) -> None:
        self.root: Mark | None = None
        self.finished = False
        self._stack: list[tuple[Mark | None, Mark | None, str | None]] = []
        self._open: Mark | None = None
        self._key: str | None = None
        self._key_mark: Mark | None = None
        self._anchors: dict[str, Mark] = {}

    def take(self, event: Event) -> None:
        """Take the next event into account."""
        if isinstance(event, DocumentEndEvent | StreamEndEvent):
            self.finished = True
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._open, self._key_mark, self._key = self._stack.pop()
            self._key = None
        elif isinstance(event, NodeEvent):
            self._node(event)

    def _node(self, event: NodeEvent) -> None:
        start = event.start_mark
        mark = Mark(start.line + 1, start.column + 1) if start is not None else Mark(1, 1)
        if self._open is not None and self._open.members is not None and self._key is None:
            self._key = _key(event)
            self._key_mark = mark
            return
        self._place(mark, event)
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._stack.append((self._open, self._key_mark, self._key))
            self._open, self._key = mark, None
            if isinstance(event, MappingStartEvent):
                mark.members = {}
            else:
                mark.items = []
        else:
            self._key = None

    def _place(self, mark: Mark, event: NodeEvent) -> None:
        if isinstance(event, AliasEvent):
            named = self._anchors.get(event.anchor or "")
            if named is not None:
                mark.members, mark.items = named.members, named.items
        elif event.anchor is not None:
            self._anchors[event.anchor] = mark
        parent = self._open
        if parent is None:
            self.root = mark
        elif parent.items is not None:
            parent.items.append(mark)
        elif parent.members is not None and self._key is not None and self._key_mark is not None:
            mark.line, mark.column = self._key_mark.line, self._key_mark.column
            parent.members[self._key] = mark
            if self._key == "<<" and mark.members is not None:
                parent.members.update(mark.members)


def _key(event: NodeEvent) -> str:
    if isinstance(event, ScalarEvent):
        plain = event.tag is None and event.implicit[0]
        return key_text(event.value) if plain else event.value
    return ""
