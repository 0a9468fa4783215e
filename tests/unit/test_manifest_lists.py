"""Lists come as their items, each with its place."""

from __future__ import annotations

import json

import pytest

from brokkr_core.manifest import parse_all

ITEM = {"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "a"}}
BLOCK = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Foo
  metadata:
    name: a
  spec:
    text: |
      - not an item
- apiVersion: v1
  kind: Foo
  metadata: {name: b}

- apiVersion: v1
  kind: Foo
  metadata:
    name: c
metadata:
  resourceVersion: ""
"""


def places(text: str) -> list[tuple[int, int, int]]:
    return [(m.origin.item, m.origin.first_line, m.origin.last_line) for m in parse_all(text).checked().manifests]


def test_items_keep_their_number_and_lines() -> None:
    assert places(BLOCK) == [(1, 4, 10), (2, 11, 14), (3, 15, 18)]


def test_items_further_in_keep_their_lines() -> None:
    first = "  - apiVersion: v1\n    kind: Foo\n    metadata: {name: a}\n"
    second = "  -\n    apiVersion: v1\n    kind: Foo\n    metadata: {name: b}\n"
    text = f"---\nkind: List\nitems: # all\n  # first\n{first}{second}apiVersion: v1\n"

    assert places(text) == [(1, 5, 7), (2, 8, 11)]


def test_items_in_flow_style_keep_their_lines() -> None:
    item = "{apiVersion: v1, kind: Foo, metadata: {name: a}}"
    text = f"apiVersion: v1\nkind: List\nitems: [{item},\n  {item}]\n"

    assert places(text) == [(1, 3, 3), (2, 4, 4)]


def test_items_in_json_keep_their_lines() -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [ITEM, ITEM]}, indent=1)

    assert places(text) == [(1, 5, 11), (2, 12, 18)]


def test_an_item_without_a_type_takes_that_of_its_list() -> None:
    text = "apiVersion: example.com/v1\nkind: FooList\nitems:\n- metadata: {name: a}\n"
    (manifest,) = parse_all(text).checked().manifests

    assert (manifest.ref.api_version, manifest.ref.kind) == ("example.com/v1", "Foo")
    assert manifest.body["kind"] == "Foo"


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ("- null\n", "items[0]"),
        ("- 5\n", "items[0]"),
        ("- metadata: {name: a}\n", "items[0].apiVersion"),
        (
            "- {apiVersion: v1, kind: Foo, metadata: {name: a}}\n- {apiVersion: v1, kind: Foo}\n",
            "items[1].metadata.name",
        ),
        ("- {apiVersion: v1, kind: List, items: []}\n", "items[0].items"),
    ],
)
def test_a_bad_item_is_named_and_the_list_refused_as_a_whole(items: str, path: str) -> None:
    parsed = parse_all("apiVersion: v1\nkind: List\nitems:\n" + items)

    assert parsed.errors[0].path == path
    assert parsed.errors[0].line >= 4
    assert parsed.manifests == ()


def test_a_list_without_a_type_is_refused() -> None:
    assert [error.path for error in parse_all("items: []\n").errors] == ["apiVersion", "kind"]


def test_an_empty_list_holds_nothing() -> None:
    parsed = parse_all("apiVersion: v1\nkind: List\nitems: []\n").checked()

    assert (parsed.manifests, parsed.skipped) == ((), 0)


def test_every_bad_item_is_named() -> None:
    item = "- {apiVersion: v1, kind: Foo, metadata: {name: A}}\n"

    assert [error.line for error in parse_all("apiVersion: v1\nkind: List\nitems:\n" + item * 3).errors] == [4, 5, 6]
