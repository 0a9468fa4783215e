"""When the disk is waited for: as often as the policy says, once for all who wait, and never half."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from audit_support import Disk, a_draft, actions_in, open_trail_in, records_in
from brokkr_agent.audit.fault import AuditError
from brokkr_agent.audit.policy import Fsync, Policy
from brokkr_agent.audit.segments import segments_in


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Keep the log of the trail out of the way."""


@pytest.mark.parametrize(("fsync", "syncs"), [(Fsync.OFF, 0), (Fsync.BATCH, 3), (Fsync.ALWAYS, 5)])
def test_the_policy_says_how_often_the_disk_is_waited_for(tmp_path: Path, fsync: Fsync, syncs: int) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, Policy(fsync=fsync), disk)
    for _ in range(2):
        trail.intent(a_draft())
        trail.tell(a_draft())

    assert disk.syncs == syncs
    trail.close()


def test_intents_that_come_while_the_disk_is_waited_for_share_the_next_wait(tmp_path: Path) -> None:
    """Nine threads: the first waits for the disk until the others have written, and one more wait is for them all."""
    disk, others = Disk(), 8
    trail = open_trail_in(tmp_path, disk=disk)
    entered, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        assert go_on.wait(30)

    disk.syncs, disk.before_sync = 0, hold
    threads = [threading.Thread(target=trail.intent, args=(a_draft(str(number)),)) for number in range(1 + others)]
    threads[0].start()
    assert entered.wait(30)
    for thread in threads[1:]:
        thread.start()
    while trail.head.seq < 2 + others:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert disk.syncs == 2
    trail.close()


def test_no_segment_is_begun_while_the_disk_is_waited_for(tmp_path: Path) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, Policy(segment_bytes=500), disk)
    entered, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        disk.before_sync = lambda: None  # whoever comes after the first is not held
        entered.set()
        assert go_on.wait(30)

    disk.before_sync = hold
    first = threading.Thread(target=trail.intent, args=(a_draft(),))
    first.start()
    assert entered.wait(30)
    second = threading.Thread(target=trail.tell, args=(a_draft("two"),))
    second.start()
    second.join(0.2)  # time enough to do it wrong
    assert len(segments_in(tmp_path)) == 1
    go_on.set()
    first.join(30)
    second.join(30)
    trail.close()

    assert trail.tally().failed == 0
    assert len(segments_in(tmp_path)) > 1


def test_a_segment_is_durable_before_the_next_is_begun(tmp_path: Path) -> None:
    disk = Disk()
    trail = open_trail_in(tmp_path, Policy(segment_bytes=500), disk)
    for _ in range(10):
        trail.tell(a_draft())

    assert disk.syncs == len(segments_in(tmp_path)) > 3
    trail.close()


def test_when_the_shared_wait_fails_everybody_who_waited_is_refused(tmp_path: Path) -> None:
    disk, refused = Disk(), []
    trail = open_trail_in(tmp_path, disk=disk)
    written = threading.Event()

    def try_it() -> None:
        try:
            trail.intent(a_draft())
        except AuditError as error:
            refused.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(5)]

    def hold() -> None:
        assert written.wait(30)

    disk.broken, disk.before_sync = True, hold
    for thread in threads:
        thread.start()
    while trail.head.seq < 6:
        threading.Event().wait(0.001)
    written.set()
    for thread in threads:
        thread.join(30)
    disk.broken = False
    trail.close()

    assert len(refused) == 5
    assert actions_in(tmp_path) == ["agent.start", "audit.gap", "agent.stop"]
    assert records_in(tmp_path)[1]["facts"] == {"lost": 0, "refused": 5}
