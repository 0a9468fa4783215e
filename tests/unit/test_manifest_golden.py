"""The table of what kubectl read, through both reading paths."""

from __future__ import annotations

import pytest

from brokkr_core.manifest import parse_all
from manifest_support import DEVIATIONS, KUBECTL_LIMITS, GoldenCase, golden_cases, values

CASES = list(golden_cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_source_is_read_as_kubectl_reads_it_unless_the_deviation_is_listed(case: GoldenCase) -> None:
    parsed = parse_all(case.source, limits=KUBECTL_LIMITS)
    ours = None if parsed.errors else [sorted_text(manifest.body) for manifest in parsed.manifests]
    theirs = None if case.documents is None else [sorted_text(document) for document in case.documents]

    assert (ours == theirs) is (case.name not in DEVIATIONS), DEVIATIONS.get(case.name)


def sorted_text(value: object) -> str:
    """Write a value down so that types count and the order of keys does not: kubectl prints them sorted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {sorted_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(sorted_text(item) for item in value) + "]"
    return repr(value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])
def test_the_fast_path_reads_what_the_event_path_reads(case: GoldenCase, *, strict: bool) -> None:
    assert values(case.source, fast=True, strict=strict) == values(case.source, fast=False, strict=strict)


def test_every_listed_deviation_is_in_the_table() -> None:
    assert set(DEVIATIONS) <= {case.name for case in CASES}
