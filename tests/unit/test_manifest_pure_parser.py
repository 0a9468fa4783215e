"""Without libyaml the same documents mean the same; only the speed differs."""

from __future__ import annotations

import pytest

from brokkr_core.manifest import Limits
from brokkr_core.manifest.events import build
from brokkr_core.manifest.faults import FaultError
from manifest_support import SEEDS, GoldenCase, golden_cases

#: Inputs that PyYAML's own parser refuses and libyaml takes, each with the reason.
REFUSED = {"v_plain_tab": "PyYAML's own scanner ends a plain scalar at a tab"}
SINGLE = [case for case in golden_cases() if isinstance(case.source, str) and "---" not in case.source]


def read(text: str, *, pure: bool) -> str:
    try:
        return repr(build(text, limits=Limits(), pure=pure))
    except FaultError:
        return "refused"


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case.name)
def test_a_document_means_the_same_without_libyaml(case: GoldenCase) -> None:
    assert isinstance(case.source, str)
    expected = "refused" if case.name in REFUSED else read(case.source, pure=False)

    assert read(case.source, pure=True) == expected


@pytest.mark.parametrize("text", SEEDS)
def test_odd_documents_mean_the_same_without_libyaml(text: str) -> None:
    assert read(text, pure=True) == read(text, pure=False)


def test_a_fault_has_its_place_without_libyaml() -> None:
    with pytest.raises(FaultError) as caught:
        build("a: 1\nb: [\n", limits=Limits(), pure=True)

    assert caught.value.fault.line == 3
