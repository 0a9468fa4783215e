"""Anchors on the fast path: what it reads itself, and what it leaves to the events."""

from __future__ import annotations

import pytest

from brokkr_core.manifest import Limits
from brokkr_core.manifest.anchors import MOST_ALIASED
from brokkr_core.manifest.bail import BailError
from brokkr_core.manifest.events import build
from brokkr_core.manifest.fast import FastReader
from brokkr_core.manifest.scalars import resolve
from brokkr_core.manifest.strict import resolve_agreed


def fast(text: str, *, limits: Limits | None = None, strict: bool = False) -> object:
    return FastReader(limits or Limits(), resolve_agreed if strict else resolve).read(text)


def both(text: str) -> object:
    value = fast(text)
    assert repr(value) == repr(build(text, limits=Limits()))
    return value


def test_an_alias_is_a_copy_that_shares_nothing() -> None:
    value = both("a: &x\n  b:\n  - c\nd: *x\n")

    assert isinstance(value, dict)
    assert value["d"] == {"b": ["c"]}
    assert value["d"] is not value["a"]
    assert value["d"]["b"] is not value["a"]["b"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &x\n- b\nc: *x\n",
        "a:\n- &x\n  b: c\n- *x\n- <<: *x\n  d: e\n",
        "a: &x\n\n  # why\n  b: c\nd:\n  e: *x\n  f: 1\n",
        "a: &x\n  b: 1\na2: &x\n  b: 2\nc: *x\n",
        "a: &x\n  b: 1\n  c: 2\nd:\n  c: 0\n  <<: *x\n  b: 3\n",
        "a: &x\n  b: 1\nz: &y\n  c: 2\nd:\n  <<: *x\n  <<: *y\n",
        'a: &x\n  b: 1\nd:\n  "<<": *x\n',
    ],
)
def test_what_it_reads_is_what_the_events_give(text: str) -> None:
    both(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: *x\n",
        "a: &x\n  b: *x\n",
        "a: &x\n  b: 1\nc: &x\n  d: *x\n",
        "a: &x 1\nb: *x\n",
        "a: &x\nb: *x\n",
        "a: &x\n  b: 1\nc: &y\n  d: *x\ne: *y\n",
        "a: &x\n- b\nc:\n  <<: *x\n",
        "a: &x\n  b: 1\n*x : c\n",
        "a: &x\n  b: 1\nc: *x\n  d\n",
        "a: &x\n  b: 1\nc:\n  <<: *x\n    d\n",
    ],
)
def test_the_rest_is_left_to_the_events(text: str) -> None:
    with pytest.raises(BailError):
        fast(text)


def test_strict_mode_takes_aliases_but_no_merge_key() -> None:
    assert fast("a: &x\n  b: c\nd: *x\n", strict=True) == {"a": {"b": "c"}, "d": {"b": "c"}}
    with pytest.raises(BailError):
        fast("a: &x\n  b: c\nd:\n  <<: *x\n", strict=True)


def test_values_of_aliases_are_counted_as_the_events_count_them() -> None:
    text = "a: &x\n  b: [1, {c: d}]\ne: *x\n"
    weight = 7

    assert fast(text, limits=Limits(alias_values=weight)) == build(text, limits=Limits(alias_values=weight))
    with pytest.raises(BailError):
        fast(text, limits=Limits(alias_values=weight - 1))


def test_many_aliases_are_left_to_the_rule_of_the_events() -> None:
    anchored = "a: &x\n" + "".join(f"  k{number}: v\n" for number in range(50)) + "b:\n"

    assert fast(anchored + "- *x\n" * (MOST_ALIASED // 101))
    with pytest.raises(BailError):
        fast(anchored + "- *x\n" * (MOST_ALIASED // 101 + 1))
