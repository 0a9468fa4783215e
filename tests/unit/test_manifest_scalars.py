"""Plain scalars, keys and tags, beyond what the golden table holds."""

from __future__ import annotations

import math

import pytest

from brokkr_core.manifest import parse_all
from brokkr_core.manifest.keys import float32_text, key_text
from brokkr_core.manifest.scalars import ScalarError, resolve
from brokkr_core.model.json import Json, dig

HEAD = "apiVersion: example.com/v1\nkind: Foo\nmetadata:\n  name: a\nspec:\n"


def read(value: str) -> Json:
    (manifest,) = parse_all(f"{HEAD}  v: {value}\n").checked().manifests
    return dig(manifest.body, "spec", "v")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0o777", 511), ("0O17", 15), ("010", 8), ("08", 8), ("0099", 99), ("-010", -8), ("+0b11", 3), ("0x_ff", 255),
        ("1_000", 1000), ("1_0.5", 10.5), ("1_", 1), ("_1", "_1"), ("0b-1", -1), ("-0b101", -5), ("0b2", "0b2"),
        ("1e3", 1000), ("1.5e3", 1500), ("1e-3", 0.001), ("5e100", 5e100), ("1e400", "1e400"), ("1234e567", "1234e567"),
        (".5_0", 0.5), ("._5", "._5"), ("1.", 1), ("1.0", 1), ("-0.0", 0), ("0.1", 0.1), ("--1", "--1"), ("1e", "1e"),
        ("9223372036854775807", 2**63 - 1), ("9223372036854775808", float(2**63)), ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -float(2**63 + 1)), ("18446744073709551616", float(2**64)), ("1" * 500, "1" * 500),
        ("12:30:45", "12:30:45"), ("2001-01-01", "2001-01-01"), ("2001-12-14t21:59:43.10-05:00",) * 2,
        ("y", True), ("N", False), ("yEs", "yEs"), ("~", None), ("", None), ("Null", None), ("=", "="), ("<<", "<<"),
        ("1e20", 1e20), ("1e18", 10**18), ("9007199254740993.0", 9007199254740992),
    ],
)  # fmt: skip
def test_a_plain_scalar_becomes_what_kubectl_makes_of_it(text: str, value: Json) -> None:
    found = resolve(text)

    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("text", [".inf", "-.INF", "+.Inf", ".nan", ".NaN"])
def test_a_number_json_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(ScalarError, match="JSON"):
        resolve(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("yes", "true"), ("off", "false"), ("010", "8"), ("0x10", "16"), ("1_0", "10"), ("1.0", "1"), ("1e3", "1000"),
        ("1e6", "1e+06"),
        ("1.23456789", "1.2345679"), ("0.0001", "0.0001"), ("0.00001", "1e-05"), ("-1.5", "-1.5"),
        (".inf", ".inf"), ("1e300", ".inf"), ("-1e300", "-.inf"), (".nan", ".nan"), ("-0.0", "-0"), ("0.0", "0"),
        ("2001-01-01", "2001-01-01"), ("12:30", "12:30"), ("plain", "plain"), (".dot", ".dot"),
        ("123456.7", "123456.7"),
    ],
)  # fmt: skip
def test_a_key_becomes_the_text_kubectl_makes_of_it(text: str, key: str) -> None:
    assert key_text(text) == key


@pytest.mark.parametrize("text", ["", "~", "null", "18446744073709551615"])
def test_null_and_unsigned_integers_are_no_keys(text: str) -> None:
    with pytest.raises(ScalarError):
        key_text(text)


def test_a_float_key_reads_back_as_the_same_32_bit_float() -> None:
    assert float32_text(math.pi) == "3.1415927"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("! 123", "123"), ("!!str 123", "123"), ("!!str", ""), ('!!int "12"', 12), ("!!float 1", 1),
        ('!!bool "yes"', True),
        ('!!null ""', None), ("!!binary aGVsbG8=", "hello"), ("!!binary /////w==", "\ufffd" * 4), ("!foo 5", "5"),
        ("!foo {a: 1}", {"a": 1}), ("!!set {a, b}", {"a": None, "b": None}), ("!!python/object:os.system [x]", ["x"]),
        ("!!timestamp 2001-01-01", "2001-01-01"), ("!<tag:yaml.org,2002:int> 7", 7),
    ],
)  # fmt: skip
def test_a_tag_is_obeyed_or_ignored_as_kubectl_does(written: str, value: Json) -> None:
    assert read(written) == value


@pytest.mark.parametrize("written", ["!!int abc", "!!bool 1", "!!null x", "!!float abc", '!!binary "***"', "!!int yes"])
def test_a_value_that_is_not_what_its_tag_says_is_refused(written: str) -> None:
    (error,) = parse_all(f"{HEAD}  v: {written}\n").errors

    assert (error.line, error.column) == (6, 6)
    assert "!!" in error.problem


def test_a_merge_key_works_in_document_order() -> None:
    text = (
        HEAD
        + "  b: &b {x: 1, z: 2}\n  after: {x: 9, <<: *b}\n  before: {<<: *b, x: 9}\n  list: {<<: [*b, {x: 5, q: 6}]}\n"
    )
    (manifest,) = parse_all(text).checked().manifests

    assert dig(manifest.body, "spec", "after") == {"x": 1, "z": 2}
    assert dig(manifest.body, "spec", "before") == {"x": 9, "z": 2}
    assert dig(manifest.body, "spec", "list") == {"x": 1, "z": 2, "q": 6}


def test_a_quoted_merge_sign_is_an_ordinary_key() -> None:
    assert read('{"<<": 1}') == {"<<": 1}


def test_aliases_share_no_mutable_value() -> None:
    (manifest,) = parse_all(HEAD + "  a: &a {x: [1]}\n  b: *a\n").checked().manifests
    first, second = dig(manifest.body, "spec", "a", "x"), dig(manifest.body, "spec", "b", "x")

    assert first == second
    assert first is not second
