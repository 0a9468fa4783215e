"""What one kind of store has to take care of: torn lines, lost parts, strangers, and who may read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from brokkr_core.errors import JournalError
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import as_text, dig
from brokkr_core.model.ref import ref_of
from brokkr_core.rollback.journal import DirectoryStore, SecretStore
from brokkr_core.rollback.journal.secrets import PART_BYTES
from brokkr_core.testing.cluster import EmbeddedCluster

NAME = "a-20260101-000000-aa"


def file_of(path: Path) -> Path:
    (file,) = path.iterdir()
    return file


@pytest.mark.parametrize("torn", [b"t", b"x" * 200_000], ids=["short", "longer than a block"])
def test_a_line_that_a_dying_process_left_is_neither_read_nor_continued(tmp_path: Path, torn: bytes) -> None:
    store = DirectoryStore(path=tmp_path / "journals")
    store.append(NAME, 0, b"one\n")
    with file_of(store.path).open("ab") as file:
        file.write(torn)

    assert store.read(NAME).lines == (b"one\n",)
    store.append(NAME, 1, b"two\n")
    assert file_of(store.path).read_bytes() == b"one\ntwo\n"


def test_a_file_that_holds_nothing_but_a_torn_line_is_begun_anew(tmp_path: Path) -> None:
    store = DirectoryStore(path=tmp_path / "journals")
    store.append(NAME, 0, b"")
    with file_of(store.path).open("ab") as file:
        file.write(b"torn")
    store.append(NAME, 1, b"one\n")

    assert store.read(NAME).lines == (b"one\n",)


def test_only_the_owner_may_read_a_directory_of_journals(tmp_path: Path) -> None:
    store = DirectoryStore(path=tmp_path / "journals")
    store.append(NAME, 0, b"one\n")

    assert stat.S_IMODE(store.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(file_of(store.path).stat().st_mode) == 0o600


def test_two_processes_cannot_begin_the_same_journal_in_a_directory(tmp_path: Path) -> None:
    store = DirectoryStore(path=tmp_path / "journals")
    store.append(NAME, 0, b"one\n")

    with pytest.raises(JournalError, match="cannot be written"):
        store.append(NAME, 0, b"two\n")


def test_a_disk_that_does_not_take_it_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "journals").write_text("a file is in the way")

    with pytest.raises(JournalError, match="cannot be written"):
        DirectoryStore(path=tmp_path / "journals").append(NAME, 0, b"one\n")


@pytest.fixture
def client() -> KubeClient:
    return KubeClient(EmbeddedCluster().transport())


def secrets_of(client: KubeClient) -> list[str]:
    resource = next(one for one in client.discovery.resources() if one.kind == "Secret")
    return sorted(as_text(dig(body, "metadata", "name")) for body in client.list(resource, namespace="default"))


def noise(length: int) -> bytes:
    state, found = 1, bytearray()
    while len(found) < length:
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        found += state.to_bytes(8, "big").replace(b"\n", b"x")
    return bytes(found[:length]) + b"\n"


def test_a_segment_of_which_a_part_is_missing_does_not_count_and_is_not_continued(client: KubeClient) -> None:
    store = SecretStore(client, namespace="default", owner_id="agent-1")
    store.append(NAME, 0, b"one\n")
    store.append(NAME, 1, noise(PART_BYTES * 2))
    resource = next(one for one in client.discovery.resources() if one.kind == "Secret")
    (part,) = (
        body
        for body in client.list(resource, namespace="default")
        if "-000001-001" in as_text(dig(body, "metadata", "name"))
    )
    client.delete(ref_of(part), uid=as_text(dig(part, "metadata", "uid")))

    kept = store.read(NAME)
    assert (kept.lines, kept.segments) == ((b"one\n",), 2)


def test_another_writer_of_the_same_journal_is_noticed(client: KubeClient) -> None:
    one, two = (SecretStore(client, namespace="default", owner_id="agent-1") for _ in range(2))
    one.append(NAME, 0, b"one\n")
    two.append(NAME, 0, b"one\n")  # as when the answer to the first try was lost

    with pytest.raises(JournalError, match="somebody else writes"):
        two.append(NAME, 0, b"another\n")


def test_journals_of_another_owner_are_not_seen(client: KubeClient) -> None:
    SecretStore(client, namespace="default", owner_id="agent-1").append(NAME, 0, b"one\n")
    store = SecretStore(client, namespace="default", owner_id="agent-2")

    assert (store.found(), store.read(NAME).lines) == ((), ())
    store.remove(NAME)
    assert len(secrets_of(client)) == 1
