"""Parser events -> a value: the path that is always right.

Everything about a document that is an error is found here, with its line and column; the fast path only ever
says "yes, and this is the value" or "ask the events". No node graph is kept: memory is the value itself.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeAlias

from attrs import frozen
from yaml.error import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from brokkr_core.manifest.aliases import check_share, copied
from brokkr_core.manifest.faults import Fault, FaultError, quote
from brokkr_core.manifest.keys import key_text
from brokkr_core.manifest.limits import Limits, over
from brokkr_core.manifest.parser import EventSource, open_parser, syntax_fault
from brokkr_core.manifest.scalars import HINTS, ScalarError, resolve
from brokkr_core.manifest.strict import resolve_agreed
from brokkr_core.manifest.tags import MERGE_TAG, PLAIN_TAGS, tagged
from brokkr_core.model.json import Json, JsonObject

#: A plain scalar that starts with anything else is text to every reader; the empty one is null.
_MAY_MEAN_MORE = HINTS | {"", "<", "="}
_NO_TEXT_KEY = "a mapping or a sequence cannot be a key; use text"


class _Slot(Enum):
    """What stands in the place of a key that is no text."""

    EMPTY = "no key read yet"
    MERGE = "<<"


_Key: TypeAlias = "str | _Slot"
_Container: TypeAlias = "JsonObject | list[Json] | None"
_Start: TypeAlias = "MappingStartEvent | SequenceStartEvent"
_End: TypeAlias = "MappingEndEvent | SequenceEndEvent"


#: A container that waits while a nested one is read: it, its open key, the nested one's anchor, values so far.
_Frame: TypeAlias = "tuple[_Container, _Key, str | None, int]"


@frozen
class _Anchor:
    """The value an anchor names; ``text`` is set when it was a plain scalar."""

    value: Json
    size: int
    text: str | None


def build(text: str, *, limits: Limits, strict: bool = False, pure: bool = False) -> Json:
    """Read one document.

    Args:
        text: the document; what follows it must be nothing.
        limits: depth, keys, alias values and scalar length are watched here.
        strict: refuse what readers disagree on.
        pure: use PyYAML's own parser even where libyaml is there.

    Returns:
        Its value; None when it is empty.

    Raises:
        FaultError: the document cannot be read; line and column count from its start.
    """
    source = open_parser(text, pure=pure)
    builder = _Builder(limits, strict=strict)
    try:
        if builder.run(source):
            _refuse_more(source.get_event())
    except YAMLError as error:
        raise FaultError(syntax_fault(error, text)) from None
    finally:
        source.dispose()
    return builder.root


def _refuse_more(event: Event | None) -> None:
    if event is None or isinstance(event, StreamEndEvent):
        return
    problem = "content after the end of the document; start a new document with a line '---'"
    raise FaultError(_fault_at(event, problem))


def _fault_at(event: Event | None, problem: str) -> Fault:
    mark = event.start_mark if event is not None else None
    if mark is None:
        return Fault(problem=problem)
    return Fault(problem=problem, line=mark.line + 1, column=mark.column + 1)


class _Builder:
    """Puts values where they belong, one event at a time."""

    def __init__(self, limits: Limits, *, strict: bool) -> None:
        self.root: Json = None
        self._limits = limits
        self._longest = limits.scalar_characters
        self._strict = strict
        self._container: _Container = None
        self._key: _Key = _Slot.EMPTY
        self._expects_key = False
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchor | None] = {}
        self._values = self._aliased = self._keys = 0

    def run(self, source: EventSource) -> bool:
        """Take events until the document or the stream ends.

        Args:
            source: the parser.

        Returns:
            Whether a document ended, so that more may follow it.

        Raises:
            FaultError: the document means nothing kubectl could read.
        """
        takers: dict[type, Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._start,
            SequenceStartEvent: self._start,
            MappingEndEvent: self._end,
            SequenceEndEvent: self._end,
            AliasEvent: self._alias,
            StreamStartEvent: _pass,
            DocumentStartEvent: _pass,
        }
        next_event = source.get_event
        event = next_event()
        try:
            while (taker := takers.get(event.__class__)) is not None:
                taker(event)
                event = next_event()
        except ScalarError as error:
            raise FaultError(_fault_at(event, str(error))) from None
        return isinstance(event, DocumentEndEvent)

    def _scalar(self, event: ScalarEvent) -> None:
        self._values += 1
        text = event.value
        if len(text) > self._longest:
            raise ScalarError(_too_long(self._limits))
        tag = event.tag
        plain = tag is None and event.implicit[0]
        is_text = tag is None and (not plain or text[:1] not in _MAY_MEAN_MORE)
        if self._expects_key:
            key = text if is_text else self._key_of(tag, text, plain=plain)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchor(text if isinstance(key, _Slot) else key, 1, text)
            self._place_key(key)
            return
        value = text if is_text else self._value_of(tag, text, plain=plain)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(value, 1, text if plain else None)
        self._place(value)

    def _value_of(self, tag: str | None, text: str, *, plain: bool) -> Json:
        if plain:
            return resolve_agreed(text) if self._strict else resolve(text)
        assert tag is not None
        self._check_tag(tag)
        return text if tag == "!" else tagged(tag, text)

    def _key_of(self, tag: str | None, text: str, *, plain: bool) -> _Key:
        if plain:
            if self._strict:
                _refuse_other_keys(text)
            return _Slot.MERGE if text == "<<" else key_text(text)
        assert tag is not None
        self._check_tag(tag)
        if tag == MERGE_TAG:
            return _Slot.MERGE
        value = text if tag == "!" else tagged(tag, text)
        return value if isinstance(value, str) else key_text(text)

    def _check_tag(self, tag: str) -> None:
        if self._strict and tag not in PLAIN_TAGS:
            raise ScalarError("readers disagree on what this tag means; remove it")

    def _start(self, event: _Start) -> None:
        if self._expects_key:
            raise ScalarError(_NO_TEXT_KEY)
        if event.tag is not None:
            self._check_tag(event.tag)
        self._values += 1
        self._stack.append((self._container, self._key, event.anchor, self._values))
        if len(self._stack) > self._limits.depth:
            raise ScalarError(over("depth", self._limits.depth, "the document nests too deep", "flatten it"))
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._expects_key = event.__class__ is MappingStartEvent
        self._container = {} if self._expects_key else []

    def _end(self, _event: _End) -> None:
        value = self._container
        self._container, self._key, anchor, values_before = self._stack.pop()
        self._expects_key = False
        if anchor is not None:
            self._anchors[anchor] = _Anchor(value, self._values - values_before + 1, None)
        self._place(value)

    def _alias(self, event: AliasEvent) -> None:
        name = event.anchor or ""
        if name not in self._anchors:
            raise ScalarError(f"the anchor {quote(name)} is not defined in this document")
        anchor = self._anchors[name]
        if anchor is None:
            raise ScalarError(f"the value of the anchor {quote(name)} contains itself")
        self._values += anchor.size + 1
        self._aliased += anchor.size
        check_share(self._values, self._aliased, self._limits)
        if self._expects_key:
            self._place_key(_alias_key(anchor))
        else:
            self._place(copied(anchor.value))

    def _place_key(self, key: _Key) -> None:
        self._keys += 1
        if self._keys > self._limits.keys:
            raise ScalarError(over("keys", self._limits.keys, "the document has too many keys", "split it"))
        if self._strict and isinstance(self._container, dict) and key in self._container:
            raise ScalarError(f"the key {quote(str(key))} stands twice in this mapping; keep one")
        self._key = key
        self._expects_key = False

    def _place(self, value: Json) -> None:
        container, key = self._container, self._key
        if isinstance(container, dict):
            if isinstance(key, str):
                container[key] = value
            else:
                _merge(container, value)
            self._expects_key = True
        elif isinstance(container, list):
            container.append(value)
        else:
            self.root = value


def _pass(_event: Event) -> None:
    """Events that say nothing about the value."""


def _too_long(limits: Limits) -> str:
    return over("scalar_characters", limits.scalar_characters, "a scalar is too long", "keep large data elsewhere")


def _refuse_other_keys(text: str) -> None:
    if not isinstance(resolve_agreed(text), str):
        raise ScalarError("a key that is not text is read differently by different readers; quote it")


def _alias_key(anchor: _Anchor) -> str:
    if isinstance(anchor.value, str):
        return anchor.value
    if anchor.text is None or isinstance(anchor.value, dict | list):
        raise ScalarError(_NO_TEXT_KEY)
    return key_text(anchor.text)


def _merge(container: JsonObject, value: Json) -> None:
    """Merge in document order, as go-yaml v2 does: a key before ``<<`` is overridden, a later one overrides."""
    sources = value if isinstance(value, list) else [value]
    for source in reversed(sources):
        if not isinstance(source, dict):
            raise ScalarError("the value of a merge key must be a mapping or a sequence of mappings")
        container.update(source)
