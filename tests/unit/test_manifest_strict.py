"""Strict mode: what readers disagree on is refused with line and column."""

from __future__ import annotations

import pytest

from brokkr_core.manifest import parse_all
from brokkr_core.manifest.strict import disagreement

HEAD = "apiVersion: example.com/v1\nkind: Foo\nmetadata:\n  name: a\nspec:\n"


@pytest.mark.parametrize(
    "text",
    [
        "yes", "No", "on", "OFF", "y", "N", "0777", "0o17", "08", "0b101", "-0x10", "1_000", "0x_f", "1e3", "1E3",
        "1.5e3",         "-.5",
        ".5e3", "12:30", "190:20:30.15", "2001-01-01", "2001-12-14 21:59:43.10 -5", "=", "<<", "9223372036854775808",
        "123456789012345678901234567890", "-9223372036854775809", "1e400", "1_", "0b-1", "1e21", "1e+30",
    ],
)  # fmt: skip
def test_a_scalar_readers_disagree_on_is_refused_in_its_place(text: str) -> None:
    parsed = parse_all(f"{HEAD}  v: {text}\n", strict=True)
    (error,) = parsed.errors

    assert (error.line, error.column, error.document) == (6, 6, 1)
    assert "quote it" in error.problem
    assert not parsed.manifests


@pytest.mark.parametrize(
    "text",
    [
        "true", "False", "null", "~", "", "12", "-3", "+4", "0", "0x1F", "1.5", "1.0", "-0.5", ".5", "1.5e+3", "word",
        "a b",
        "10.0.0.1", "1.2.3", "100m", "'yes'", '"0777"', "|-\n    0777", "1.", "9223372036854775807",
    ],
)  # fmt: skip
def test_a_scalar_all_readers_agree_on_is_taken(text: str) -> None:
    assert parse_all(f"{HEAD}  v: {text}\n", strict=True).errors == ()


@pytest.mark.parametrize(
    ("body", "line", "word"),
    [
        ("  a: 1\n  b: 2\n  a: 3\n", 8, "twice"),
        ("  1: x\n", 6, "key"),
        ("  on: x\n", 6, "readers"),
        ("  a: &x {b: 1}\n  c:\n    <<: *x\n", 8, "merge"),
        ("  a: !foo x\n", 6, "tag"),
        ("  a: !!binary aGk=\n", 6, "tag"),
        ("  a: ! x\n", 6, "tag"),
    ],
)
def test_duplicate_keys_other_keys_tags_and_merges_are_refused(body: str, line: int, word: str) -> None:
    (error,) = parse_all(HEAD + body, strict=True).errors

    assert error.line == line
    assert word in error.problem


def test_by_default_the_last_of_duplicate_keys_wins_as_in_kubectl() -> None:
    (manifest,) = parse_all(HEAD + "  a: 1\n  a: 2\n").checked().manifests

    assert manifest.body["spec"] == {"a": 2}


def test_a_json_document_with_duplicate_keys_is_refused_too() -> None:
    text = '{"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "a"},\n "spec": {"a": 1, "a": 2}}'
    (error,) = parse_all(text, strict=True).errors

    assert (error.line, "twice" in error.problem) == (2, True)


@pytest.mark.parametrize("text", ["%YAML 1.1\n---\n" + HEAD, "--- {a: 1}\n"])
def test_what_only_kubectl_refuses_is_refused(text: str) -> None:
    (error,) = parse_all(text, strict=True).errors

    assert "kubectl" in error.problem


def test_the_disagreement_is_named_without_the_scalar() -> None:
    said = disagreement("0777")

    assert "0777" not in said
    assert "YAML 1.2" in said
