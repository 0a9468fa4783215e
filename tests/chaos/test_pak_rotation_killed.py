"""A rotation that is killed before any of its lines leaves a PAK that works, or says that the answer was lost."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Self

import pytest

import rotation_support
from brokkr_core.broker import BrokerClient, HttpxTransport, Pak
from brokkr_core.broker.credentials.check import owner_of
from brokkr_core.broker.credentials.rotation import Recovery, recover_pak
from brokkr_core.errors import BrokerAuthError
from brokkr_core.testing.broker import EmbeddedBroker

#: More lines than a rotation runs.
ENOUGH = 1000

#: Where the answer of the broker is in the memory of the process and nowhere else.
GAP = frozenset({"rotate_pak", "_asked_for", "keep", "_explained"})


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


class Killer:
    """Rotates in child processes that are killed before their n-th line."""

    def __init__(self, url: str) -> None:
        script = [sys.executable, rotation_support.__file__, url]
        self._process = subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def rotate(self, pak_file: Path, fatal: int) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{pak_file} {fatal}\n")
        self._process.stdin.flush()
        said, ended = self._process.stdout.readline().strip(), self._process.stdout.readline().strip()
        assert ended == "ended"
        return said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def settle(pak_file: Path, transport: HttpxTransport) -> Recovery | None:
    """Settle a rotation long after it was killed; None when the new PAK is lost and that is told."""
    try:
        return recover_pak(pak_file, transport, now=lambda: 4e9)
    except BrokerAuthError as error:
        told = str(error)
    assert "the answer was lost" in told
    return None


@pytest.mark.slow
def test_wherever_it_is_killed_the_pak_works_or_the_loss_is_told(broker: EmbeddedBroker, tmp_path: Path) -> None:
    lost: list[str] = []
    found: list[Recovery] = []
    transport = HttpxTransport(broker.url, use_environment=False)
    with Killer(broker.url) as killer, BrokerClient.connect(broker.url, pak=broker.admin_pak) as admin:
        for fatal in count(1):
            issued = admin.agents.create(f"edge-{fatal}", "cluster")
            pak_file = tmp_path / f"pak-{fatal}"
            pak_file.write_text(issued.pak.reveal())
            where = killer.rotate(pak_file, fatal)
            assert not where.startswith("failed"), where
            for one in tmp_path.glob(f".pak-{fatal}.*"):
                assert stat.S_IMODE(one.stat().st_mode) == 0o600
            end = settle(pak_file, transport)
            if end is None:
                assert pak_file.read_text() == issued.pak.reveal()
                lost.append(where)
                continue
            found.append(end)
            present = Pak(text=pak_file.read_text())
            owner = owner_of(present, transport, timeout_seconds=5.0)
            assert owner is not None
            assert owner.agent == issued.agent.id
            assert list(tmp_path.glob(f".pak-{fatal}.*")) == []
            if where == "finished":
                break
            assert fatal < ENOUGH
    transport.close()
    assert set(lost) <= GAP
    # All three ends were seen, and in this order: not asked for yet, lost in the gap, kept.
    assert found[0] is Recovery.NOTHING
    assert {Recovery.UNDONE, Recovery.DONE} <= set(found)
    assert 0 < len(lost) < 20
