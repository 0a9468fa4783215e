"""Of a large revision nothing is held twice, and nothing longer than it is needed."""

from __future__ import annotations

import gc
import hashlib
import json
import platform

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_agent.heap import give_back_large_blocks
from brokkr_agent.parcel import Parcel
from brokkr_core.broker.checksum import checksum_of
from brokkr_core.errors import ChecksumError, InputErrors
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.json import Json, sharing
from stage_support import config_map

ID = "of-this-test"

values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2),
    max_leaves=8,
)


def revision(text: str, *, checksum: str = "", marker: bool = False) -> DeploymentObject:
    return DeploymentObject(
        id=ID,
        sequence_id=1,
        stack_id="s1",
        yaml_content=text,
        yaml_checksum=checksum or checksum_of(text),
        is_deletion_marker=marker,
    )


def test_a_parcel_is_read_once_and_its_text_is_let_go_of() -> None:
    parcel = Parcel(revision(config_map("one") + config_map("two")))
    assert [one.ref.name for one in parcel.open()] == ["one", "two"]
    assert (parcel.revision.id, parcel.revision.yaml_content) == (ID, "")
    gc.collect()
    held = [one for one in gc.get_objects() if isinstance(one, DeploymentObject) and one.id == ID]
    assert held == [parcel.revision], "somebody still holds the text"


def test_a_parcel_refuses_a_text_that_nobody_vouched_for_and_one_that_is_no_manifest() -> None:
    with pytest.raises(ChecksumError):
        Parcel(revision(config_map("one"), checksum="0" * 64)).open()
    with pytest.raises(InputErrors):
        Parcel(revision("just: text")).open()
    assert Parcel(revision("just: text", marker=True)).open() == ()


@pytest.mark.parametrize("text", ["", "short", "x" * 700_000, "é\ud800" * 300_000])
def test_a_text_is_hashed_in_pieces_as_it_would_be_in_one(text: str) -> None:
    assert checksum_of(text) == hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@given(values, values)
def test_sharing_changes_no_value(value: Json, known: Json) -> None:
    assert json.dumps(sharing(value, known)) == json.dumps(value)


def test_sharing_keeps_one_of_two_equal_texts() -> None:
    sent: Json = {"data": {"big": "x" * 1000, "list": ["y" * 1000]}, "other": 1}
    back: Json = json.loads(json.dumps({"data": {"big": "x" * 1000, "list": ["y" * 1000, "z"]}, "other": "1"}))
    kept = sharing(back, sent)
    assert kept == back
    assert isinstance(kept, dict)
    assert isinstance(sent, dict)
    assert kept["data"]["big"] is sent["data"]["big"]  # type: ignore[index, call-overload]
    assert kept["data"]["list"][0] is sent["data"]["list"][0]  # type: ignore[index, call-overload]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left alone")
def test_glibc_agrees_to_give_large_blocks_back() -> None:
    assert give_back_large_blocks()
