"""An inventory in pieces: the same for the same entries, each small, and a small change touches few."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.apply import Entry, StackKey
from brokkr_core.apply.inventory.shards import SHARD_BYTES, join, name_of, split
from brokkr_core.model.ref import ObjectRef

KEY = StackKey(stack_id="stack", owner_id="owner")
SMALL = 400

entries = st.builds(
    lambda group, kind, namespace, name, uid: Entry(
        ref=ObjectRef(group=group, version="v1", kind=kind, namespace=namespace, name=name), uid=uid
    ),
    st.sampled_from(["", "apps", "example.com"]),
    st.sampled_from(["ConfigMap", "Deployment"]),
    st.sampled_from(["", "shop", "ü"]),
    st.text('abc.-\n"é', min_size=1, max_size=12),
    st.sampled_from(["", "u1"]),
)
inventories = st.lists(entries, max_size=60, unique_by=lambda one: one.ref)


def many(count: int) -> list[Entry]:
    uid = "8c1f8a52-6a3c-4e0b-9d7c-000000000000"
    return [
        Entry(
            ref=ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name=f"web-{number}"),
            uid=uid,
        )
        for number in range(count)
    ]


@given(inventories, st.randoms())
def test_pieces_say_what_was_cut_whatever_the_order(listed: list[Entry], dice: object) -> None:
    shards = split(KEY, listed, most_bytes=SMALL)
    read = join(shard.text for shard in shards)

    assert read == tuple(sorted(listed))
    assert [one.uid for one in read] == [one.uid for one in sorted(listed)]
    assert split(KEY, listed[::-1], most_bytes=SMALL) == shards


@given(inventories)
def test_no_piece_is_larger_than_it_may_be(listed: list[Entry]) -> None:
    shards = split(KEY, listed, most_bytes=SMALL)

    assert all(len(shard.text.encode()) <= SMALL for shard in shards)


@given(inventories, entries)
def test_one_entry_more_leaves_all_pieces_but_one_as_they_are(listed: list[Entry], more: Entry) -> None:
    without = [one for one in listed if one.ref != more.ref]
    before = {shard.name for shard in split(KEY, without, most_bytes=SMALL)}
    after = {shard.name for shard in split(KEY, [*without, more], most_bytes=SMALL)}

    assert len(before - after) <= 1


def test_fifty_thousand_objects_fit_and_one_more_costs_one_piece() -> None:
    listed = many(50_001)
    before, after = split(KEY, listed[:-1]), split(KEY, listed)
    texts = [shard.text for shard in after]

    assert len(join(texts)) == 50_001
    assert max(len(text.encode()) for text in texts) <= SHARD_BYTES
    assert len({shard.name for shard in after} - {shard.name for shard in before}) == 1


def test_an_inventory_of_nothing_has_no_pieces() -> None:
    assert split(KEY, []) == ()
    assert join([]) == ()


def test_a_name_belongs_to_one_text_of_one_stack() -> None:
    (shard,) = split(KEY, many(3))

    assert name_of(KEY, shard.text) == shard.name
    assert name_of(KEY, shard.text + " ") != shard.name
    assert name_of(evolve(KEY, stack_id="other"), shard.text) != shard.name
    assert len(shard.name) <= 253


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[["a"]]', '[["","v1","ConfigMap","shop","one",1]]'])
def test_what_split_never_wrote_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        join([text])
