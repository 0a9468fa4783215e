"""No error message repeats a value."""

from __future__ import annotations

import pytest

from brokkr_core.manifest import parse_all

VALUE = "hunter2"
HEAD = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n"


@pytest.mark.parametrize(
    "body",
    [
        f"stringData:\n  password: {VALUE}: x\n",
        f"stringData:\n  password: '{VALUE}\n",
        f'stringData:\n  password: "\\q{VALUE}"\n',
        f"stringData:\n  password: {VALUE}\n {VALUE}: x\n",
        f"stringData:\n  {VALUE}\n  password: x\n",
        f"stringData:\n  password: !!int {VALUE}\n",
        f"stringData:\n  password: !!binary {VALUE}*\n",
        f"data:\n  password: |\n   {VALUE}: x\n  {VALUE}: [\n",
        f"data:\n  password: \x07{VALUE}\n",
        f"data:\n  ? {{a: {VALUE}}}\n  : x\n",
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_a_broken_secret_is_reported_without_its_value(body: str, *, strict: bool) -> None:
    parsed = parse_all(HEAD + body, strict=strict)

    assert parsed.errors
    assert all(VALUE not in str(error) for error in parsed.errors)
    assert all(error.line >= 1 for error in parsed.errors)


def test_a_secret_with_a_bad_name_is_reported_without_the_name() -> None:
    text = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {VALUE}_X\n  labels: {{a: 5}}\n"

    assert all(VALUE not in str(error) for error in parse_all(text).errors)


def test_values_are_not_quoted_from_other_documents_either() -> None:
    text = f"apiVersion: v1\nkind: Foo\nmetadata:\n  name: a\nspec:\n  replicas: {VALUE}: 5\n"
    (error,) = parse_all(text).errors

    assert VALUE not in str(error)
    assert "replicas" in str(error)


def test_the_body_stays_out_of_the_repr() -> None:
    (manifest,) = parse_all(HEAD + f"stringData:\n  password: {VALUE}\n").checked().manifests

    assert VALUE not in repr(manifest)
