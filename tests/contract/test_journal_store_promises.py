"""What every store of journals promises, wherever it keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from brokkr_core.kube import KubeClient
from brokkr_core.rollback.journal import DirectoryStore, Found, JournalStore, MemoryStore, SecretStore
from brokkr_core.testing.cluster import EmbeddedCluster

NAME, OTHER = "a-20260101-000000-aa", "b-20260101-000000-bb"


@pytest.fixture(params=["memory", "directory", "secrets"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JournalStore]:
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "directory":
        yield DirectoryStore(path=tmp_path / "deep" / "journals")
    else:
        with KubeClient(EmbeddedCluster().transport()) as client:
            yield SecretStore(client, namespace="default", owner_id="agent-1")


def test_nothing_is_there_at_first(store: JournalStore) -> None:
    assert store.found() == ()
    assert store.read(NAME).lines == ()
    store.remove(NAME)


def test_lines_come_back_in_order_whatever_their_segments(store: JournalStore) -> None:
    store.append(NAME, 0, b"one\ntwo\n")
    store.append(NAME, 1, b"three\n")
    store.append(OTHER, 0, b"other\n")

    assert store.read(NAME).lines == (b"one\n", b"two\n", b"three\n")
    assert store.read(OTHER).lines == (b"other\n",)


def test_what_has_ended_is_told_from_what_has_not(store: JournalStore) -> None:
    store.append(NAME, 0, b"one\n")
    store.append(OTHER, 0, b"other\n")
    store.append(OTHER, 1, b"end\n", last=True)

    assert store.found() == (Found(name=NAME, ended=False), Found(name=OTHER, ended=True))
    assert store.read(OTHER).lines == (b"other\n", b"end\n")


def test_a_later_process_goes_on_where_the_earlier_one_stopped(store: JournalStore) -> None:
    store.append(NAME, 0, b"one\n")
    store.append(NAME, store.read(NAME).segments, b"two\n", last=True)

    assert store.read(NAME).lines == (b"one\n", b"two\n")


def test_a_large_segment_comes_back_whole(store: JournalStore) -> None:
    noise = bytes((number * 7919 + number // 251) % 251 + 1 for number in range(3_000_000)).replace(b"\n", b"\x0b")
    store.append(NAME, 0, noise + b"\n")

    assert store.read(NAME).lines == (noise + b"\n",)


def test_what_is_removed_is_gone_and_nothing_else(store: JournalStore) -> None:
    store.append(NAME, 0, b"one\n")
    store.append(OTHER, 0, b"other\n")
    store.remove(NAME)

    assert store.found() == (Found(name=OTHER, ended=False),)
    assert store.read(NAME).lines == ()
