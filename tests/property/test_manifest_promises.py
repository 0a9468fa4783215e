"""Promises of the manifest parser that hold for every input Hypothesis can make."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from brokkr_core.manifest import parse_all
from brokkr_core.manifest.documents import DocumentReader
from brokkr_core.manifest.reader import pieces
from brokkr_core.manifest.split import split
from brokkr_core.model.json import Json
from manifest_support import KUBECTL_LIMITS, Paths, mutants

INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)
#: Floats that are no integers: those come back as integers, as they do in kubectl.
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer())
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WORDS = st.sampled_from(
    ["yes", "0777", "1e3", "~", "", "- a", "a: b", "#", "2001-01-01", "\n", " x ", "<<", "0x1", ".5", "'"]
)
SCALARS = st.none() | st.booleans() | INT64 | FRACTIONS | TEXTS | WORDS
KEYS = TEXTS | WORDS
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


def in_block_style(value: object) -> str:
    return yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, default_flow_style=False, sort_keys=False)


def in_flow_style(value: object) -> str:
    return yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=False, default_flow_style=True, width=30)


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def as_indented_json(value: object) -> str:
    return json.dumps(value, indent=2)


def quoted_where_it_matters(_dumper: yaml.CSafeDumper, data: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", data, style='"')


class QuotingDumper(yaml.CSafeDumper):
    """Quotes every text, since PyYAML leaves words plain that kubectl reads as something else."""


QuotingDumper.add_representer(str, quoted_where_it_matters)


def quoted(value: object) -> str:
    return yaml.dump(value, Dumper=QuotingDumper, allow_unicode=True, width=40)


@pytest.mark.parametrize("dump", [quoted, as_json, as_indented_json])
@pytest.mark.parametrize("fast", [True, False])
@given(value=st.dictionaries(KEYS, VALUES, max_size=5))
def test_what_was_dumped_is_read_again(dump: Callable[[object], str], value: dict[str, Any], *, fast: bool) -> None:
    reader = DocumentReader(limits=KUBECTL_LIMITS, strict=False, fast=fast)
    documents = [document for raw in split(pieces(dump(value)), max_bytes=1 << 30) for document in reader.read(raw)]

    assert [document.fault for document in documents] == [None]
    assert documents[0].value == value
    assert repr(documents[0].value) == repr(value) or dump is quoted


@given(value=st.dictionaries(KEYS, VALUES, max_size=5))
@pytest.mark.parametrize("dump", [in_block_style, in_flow_style])
def test_both_paths_read_the_same_from_any_dump(dump: Callable[[object], str], value: dict[str, Any]) -> None:
    assert Paths().disagreement(dump(value)) == ""
    assert Paths(strict=True).disagreement(dump(value)) == ""


GOOD = "apiVersion: v1\nkind: Foo\nmetadata:\n  name: n{number}\n"
BAD = [
    "a: [\n",
    "\tx\n",
    "a: b: c\n",
    "----\n",
    "kind: 1\n",
    "'\n",
    "&a *a\n",
    "...\nx\n",
    "a: \udcff\n",
    "\x00\n",
    "- a\n",
    "{\n",
]
SKIPPED = ["", "# nothing\n", "null\n", "\n\n"]


def stream_of(parts: list[str]) -> bytes:
    text = "".join(f"---\n{part}" for part in parts)
    return text.encode("utf-8", "surrogateescape")


@given(
    parts=st.lists(st.sampled_from([GOOD, *BAD, *SKIPPED, '{"a": 1}{"b": 2}', "a: |\n ---\n  x\n"]), max_size=6),
    cuts=st.lists(st.integers(min_value=0, max_value=400), max_size=8),
    mark=st.sampled_from(["", "\ufeff", "\r\n", "# c\n"]),
)
def test_any_cut_of_the_bytes_gives_the_same_manifests_and_errors(parts: list[str], cuts: list[int], mark: str) -> None:
    data = mark.encode() + stream_of([part.replace("{number}", str(number)) for number, part in enumerate(parts)])
    places = sorted({0, *cuts, len(data)} & set(range(len(data) + 1)))
    whole = parse_all(data)
    in_pieces = parse_all(data[start:end] for start, end in pairwise(places))
    bytewise = parse_all(data[place : place + 1] for place in range(len(data)))

    for other in (in_pieces, bytewise):
        assert other.manifests == whole.manifests
        assert [m.origin for m in other.manifests] == [m.origin for m in whole.manifests]
        assert [str(error) for error in other.errors] == [str(error) for error in whole.errors]
        assert (other.checksum, other.skipped) == (whole.checksum, whole.skipped)


@given(bad=st.sampled_from(BAD) | st.builds(lambda text: text.replace("\n", "\n "), TEXTS), place=st.integers(0, 3))
def test_a_document_never_changes_its_neighbours(bad: str, place: int) -> None:
    good = [GOOD.replace("{number}", str(number)) for number in range(3)]
    parts = [*good[:place], bad if bad in BAD else f" {bad}\n", *good[place:]]
    parsed = parse_all(stream_of(parts))
    others = [m for m in parsed.manifests if m.ref.name in {"n0", "n1", "n2"}]

    assert [m.body for m in others] == [m.body for text in good for m in parse_all(text).manifests]
    assert [m.origin.document for m in others] == [number + 1 + (number >= place) for number in range(3)]
    assert {error.document for error in parsed.errors} <= {place + 1}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(min_value=0))
@pytest.mark.parametrize("strict", [False, True])
def test_both_paths_agree_on_mutated_documents(seed: int, *, strict: bool) -> None:
    paths = Paths(strict=strict)

    assert [found for text in mutants(seed, 50) if (found := paths.disagreement(text))] == []
