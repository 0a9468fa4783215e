"""A ``List`` -> its items, each with its place."""

from __future__ import annotations

import json
import re
from itertools import pairwise

from brokkr_core.frozen import frozen
from brokkr_core.manifest.faults import Fault
from brokkr_core.manifest.identity import check_body, is_list, kind_of_value
from brokkr_core.manifest.text import looks_like_json
from brokkr_core.model.json import Json, JsonObject

_ITEMS_LINE = re.compile(r"^(?:items|'items'|\"items\"):[ ]*(?:#.*)?$", re.MULTILINE)
_FIRST_ITEM = re.compile(r"(?:[ ]*(?:#[^\n]*)?\n)*([ ]*)-(?=[ \n])")
#: A line break is searched for much faster than the start of a line.
_TOP_LEVEL_KEY = re.compile(r"\n[^\s#-]")
_JSON_ITEMS = re.compile(r"\"items\"[ \t\r\n]*:[ \t\r\n]*\[")
_JSON_GAP = re.compile(r"[ \t\r\n,]*")


@frozen(kw_only=True)
class Items:
    """What a list holds: bodies, or the faults of every bad item."""

    bodies: tuple[JsonObject, ...] = ()
    faults: tuple[Fault, ...] = ()


def expand(value: JsonObject) -> Items:
    """Take a list apart.

    Args:
        value: an object with ``items``.

    Returns:
        The items; one without ``apiVersion`` and ``kind`` takes those of a typed list
        (``items`` of a ``PodList`` are pods). If any item is bad, the faults of all bad ones instead.
    """
    faults = [Fault(path=path, problem="is missing") for path in ("apiVersion", "kind") if not value.get(path)]
    bodies: list[JsonObject] = []
    items = value["items"]
    assert isinstance(items, list)
    for index, item in enumerate(items):
        prefix = f"items[{index}]"
        if not isinstance(item, dict):
            problem = f"an item must be a mapping, found {kind_of_value(item)}"
            faults.append(Fault(path=prefix, problem=problem))
            continue
        body = _typed(item, value)
        faults.extend(Fault(path=f"{prefix}.{fault.path}", problem=fault.problem) for fault in _item_faults(body))
        bodies.append(body)
    return Items(faults=tuple(faults)) if faults else Items(bodies=tuple(bodies))


def _item_faults(body: JsonObject) -> list[Fault]:
    if is_list(body) and str(body.get("kind")).endswith("List"):
        return [Fault(path="items", problem="a list inside a list; write its items into the outer one")]
    return check_body(body)


def _typed(item: JsonObject, parent: JsonObject) -> JsonObject:
    """Give an item the type of its list, by the rule of apimachinery's unstructured list decoder."""
    kind = parent.get("kind")
    if item.get("kind") or item.get("apiVersion") or not isinstance(kind, str):
        return item
    item_kind = kind.removesuffix("List")
    return {"apiVersion": parent.get("apiVersion"), "kind": item_kind, **item} if item_kind else item


def item_lines(text: str, items: list[Json]) -> list[tuple[int, int]]:
    """Find the lines of every item of a list.

    Args:
        text: the document.
        items: its items, as read.

    Returns:
        First and last line of each item, from 1 within the text; empty when they cannot be told apart.
    """
    if not items:
        return []
    spans = _json_spans(text, items) if looks_like_json(text) else _block_spans(text, items)
    return spans or _marked_spans(text, items)


def _block_spans(text: str, items: list[Json]) -> list[tuple[int, int]]:
    """Find items by the column of their dashes; give up when their number is not the one that was read."""
    header = _ITEMS_LINE.search(text)
    first = _FIRST_ITEM.match(text, header.end() + 1) if header else None
    if first is None:
        return []
    dash = re.compile(rf"\n{first[1]}-(?=[ \n])")
    end_key = _TOP_LEVEL_KEY.search(text, first.end())
    end = end_key.start() + 1 if end_key else len(text)
    offsets = [first.start(1), *(match.start() + 1 for match in dash.finditer(text, first.end(), end))]
    if len(offsets) != len(items):
        return []
    return _spans(text, list(pairwise([*offsets, end])))


def _json_spans(text: str, items: list[Json]) -> list[tuple[int, int]]:
    """Find items by decoding them once more; give up when what is found is not what was read."""
    header = _JSON_ITEMS.search(text)
    if header is None:
        return []
    position = header.end()
    offsets: list[tuple[int, int]] = []
    decoder = json.JSONDecoder()
    for _ in items:
        gap = _JSON_GAP.match(text, position)
        position = gap.end() if gap else position
        if text[position : position + 1] != "{":
            return []
        _, end = decoder.raw_decode(text, position)
        offsets.append((position, end))
        position = end
    closing = _JSON_GAP.match(text, position)
    if closing is None or text[closing.end() : closing.end() + 1] != "]":
        return []
    return _spans(text, offsets)


def _spans(text: str, offsets: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Turn the offsets of items, start and end, into lines."""
    spans: list[tuple[int, int]] = []
    line, counted = 1, 0
    for start, end in offsets:
        first = line + text.count("\n", counted, start)
        last = first + text.count("\n", start, max(start, end - 1))
        spans.append((first, last))
        line, counted = first, start
    return spans


def _marked_spans(text: str, items: list[Json]) -> list[tuple[int, int]]:
    from brokkr_core.manifest.tree import mark_tree  # noqa: PLC0415 - loads PyYAML, rarely needed

    root = mark_tree(text)
    marks = root.members.get("items") if root is not None and root.members is not None else None
    if marks is None or marks.items is None or len(marks.items) != len(items):
        return []
    lines = [mark.line for mark in marks.items]
    last_line = text.count("\n") + (not text.endswith("\n"))
    ends = [*(max(start, following - 1) for start, following in pairwise(lines)), last_line]
    return list(zip(lines, ends, strict=True))
