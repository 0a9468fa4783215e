"""A deployment object is applied only when it is what the broker vouched for."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker_support import OBJECT, OBJECT_JSON, STACK
from brokkr_core.broker import STACK_DELETION_CHECKSUM, structure, verify_checksum
from brokkr_core.errors import ChecksumError
from brokkr_core.model.broker import DeploymentObject

GOOD = structure(DeploymentObject, OBJECT_JSON)
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "fine",
    [
        GOOD,
        evolve(GOOD, is_deletion_marker=True),
        evolve(GOOD, yaml_content="", yaml_checksum=EMPTY_SHA256),
        evolve(GOOD, yaml_content="", yaml_checksum=EMPTY_SHA256, is_deletion_marker=True),
        evolve(GOOD, yaml_content="", yaml_checksum=STACK_DELETION_CHECKSUM, is_deletion_marker=True),
    ],
)
def test_text_with_its_checksum_passes(fine: DeploymentObject) -> None:
    verify_checksum(fine)
    assert fine.yaml_checksum in {GOOD.yaml_checksum, EMPTY_SHA256, STACK_DELETION_CHECKSUM}


@pytest.mark.parametrize(
    "changed",
    [
        evolve(GOOD, yaml_content=GOOD.yaml_content + "\n"),
        evolve(GOOD, yaml_content=GOOD.yaml_content.replace("\n", "\r\n")),
        evolve(GOOD, yaml_checksum=GOOD.yaml_checksum.upper()),
        evolve(GOOD, yaml_checksum=""),
        evolve(GOOD, yaml_content="", yaml_checksum=STACK_DELETION_CHECKSUM),
        evolve(GOOD, yaml_checksum=STACK_DELETION_CHECKSUM, is_deletion_marker=True),
        evolve(GOOD, yaml_content="\ud800"),
    ],
)
def test_text_with_another_checksum_is_refused_by_name(changed: DeploymentObject) -> None:
    with pytest.raises(ChecksumError) as caught:
        verify_checksum(changed)
    assert OBJECT in str(caught.value)
    assert STACK in str(caught.value)
