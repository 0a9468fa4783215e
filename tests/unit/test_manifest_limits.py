"""Every limit has an error that names it."""

from __future__ import annotations

import pytest

from brokkr_core.manifest import Limits, parse_all

HEAD = "apiVersion: v1\nkind: Foo\nmetadata:\n  name: a\nspec:\n"
GOOD = HEAD + "  v: 1\n"


def nested(depth: int) -> str:
    return "".join("  " * level + "a:\n" for level in range(1, depth)) + "  " * depth + "a: 1\n"


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("stream_bytes", GOOD + "# " + "x" * 300),
        ("document_bytes", GOOD + "# " + "x" * 300),
        ("depth", HEAD + nested(250)),
        ("depth", HEAD + "  v: " + "[" * 250 + "]" * 250 + "\n"),
        ("keys", HEAD + "".join(f"  k{number}: 1\n" for number in range(250))),
        ("scalar_characters", HEAD + "  v: " + "x" * 300 + "\n"),
        ("scalar_characters", HEAD + "  v: '" + "x" * 300 + "'\n"),
        ("alias_values", HEAD + "  a: &a [1, 2, 3, 4, 5]\n  b: [" + "*a, " * 60 + "]\n"),
        ("documents", "---\n".join([GOOD] * 250)),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_a_source_over_a_limit_is_refused_by_name(limit: str, text: str, *, strict: bool) -> None:
    parsed = parse_all(text, limits=Limits(**{limit: 200}), strict=strict)
    error = parsed.errors[-1]

    assert f"limit {limit}=200" in error.problem
    assert f"Limits({limit}=...)" in error.problem
    assert parse_all(text, strict=strict).errors == ()


@pytest.mark.parametrize("depth", range(1, 12))
@pytest.mark.parametrize("style", ["block", "sequence", "flow", "json"])
def test_the_depth_limit_is_exact_in_every_style(depth: int, style: str) -> None:
    texts = {
        "block": HEAD + nested(depth),
        "sequence": HEAD + "  v:\n" + "".join("  " * level + "-\n" for level in range(1, depth - 1)),
        "flow": HEAD + "  v: " + "[" * (depth - 1) + "]" * (depth - 1) + "\n",
        "json": '{"apiVersion":"v1","kind":"Foo","metadata":{"name":"a"},"v":' + "[" * depth + "]" * depth + "}",
    }
    total = {"block": depth + 1, "sequence": depth, "flow": depth + 1, "json": depth + 1}[style]
    text = texts[style]

    assert parse_all(text, limits=Limits(depth=max(total, 2))).errors == ()
    if total > 2:
        assert "depth" in parse_all(text, limits=Limits(depth=total - 1)).errors[0].problem


def test_a_document_over_the_limit_does_not_hide_the_others() -> None:
    text = f"{GOOD}---\n{HEAD}  v: {'x' * 5000}\n---\n{GOOD}"
    parsed = parse_all(iter([text[:100].encode(), text[100:].encode()]), limits=Limits(document_bytes=200))
    (error,) = parsed.errors

    assert (error.document, error.line) == (2, 7)
    assert [manifest.origin.document for manifest in parsed.manifests] == [1, 3]
    assert parsed.manifests[1].origin.first_line == 15


def test_a_source_over_its_limit_has_no_checksum() -> None:
    parsed = parse_all(GOOD * 10, limits=Limits(stream_bytes=100))

    assert parsed.checksum == ""


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    layers = "".join(
        f"  {chr(98 + number)}: &{chr(98 + number)} [{', '.join(['*' + chr(97 + number)] * 9)}]\n"
        for number in range(9)
    )
    (error,) = parse_all(HEAD + "  a: &a [x, x, x, x, x, x, x, x, x]\n" + layers).errors

    assert "alias" in error.problem


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_ten_thousand_levels_are_refused_and_never_crash(opening: str) -> None:
    value = f"v: {opening * 10_000}" if opening != "- " else "v:\n" + opening * 10_000
    (error,) = parse_all(f"apiVersion: v1\nkind: Foo\n{value}\n").errors

    assert "depth" in error.problem


def test_ten_thousand_levels_of_json_are_refused_and_never_crash() -> None:
    assert parse_all('{"a":' * 10_000 + "1" + "}" * 10_000).errors


@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_below_one_makes_no_sense(value: int) -> None:
    with pytest.raises(ValueError, match="depth"):
        Limits(depth=value)


def test_a_thousand_levels_are_read_when_the_limit_allows_as_in_kubectl() -> None:
    value = (
        parse_all(f"{HEAD}  v: {'[' * 1000}{']' * 1000}\n", limits=Limits(depth=10_000))
        .checked()
        .manifests[0]
        .body["spec"]
    )
    levels = 0
    while value:
        value = value["v"] if isinstance(value, dict) else value[0] if isinstance(value, list) else None
        levels += 1

    assert levels == 1000
