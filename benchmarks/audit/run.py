"""What an audit trail costs: changes per second whose intent has to be on the disk before they may be made.

A change is an intent and an outcome with nothing in between, so this is the most that a trail lets through; the cluster
takes its own time for each. Every policy writes to a directory of its own with 1, 8 and 32 threads, as an agent has
them; the median of the rounds counts. ``waits`` is how often the disk was waited for, per change: one by one it is one
or two, and with a shared wait the more changes come together the fewer.

What to read with care: how long a disk takes to make something durable differs by a factor of a hundred between
machines; a directory in memory, where ``/tmp`` often is, tells nothing.

    python benchmarks/audit/run.py                       # 2000 changes, three rounds, in the present directory
    python benchmarks/audit/run.py --changes 200 --rounds 1 --directory /var/lib/somewhere
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from brokkr_agent.audit.policy import Fsync, Policy
from brokkr_agent.audit.record import Draft, Stage
from brokkr_agent.audit.segments import Segments
from brokkr_agent.audit.trail import Trail
from brokkr_core.model.ref import ObjectRef

THREADS = (1, 8, 32)


class Disk:
    """Counts how often it was waited for."""

    def __init__(self) -> None:
        self.waits = 0

    def fsync(self, descriptor: int) -> None:
        """Make something durable."""
        self.waits += 1
        os.fsync(descriptor)


def measure(folder: Path, fsync: Fsync, threads: int, changes: int) -> tuple[float, float]:
    """Write a trail; return changes per second and waits per change."""
    disk = Disk()
    segments = Segments(folder, fsync=disk.fsync)
    trail = Trail(segments, segments.open().head, policy=Policy(fsync=fsync))
    ref = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")
    draft = Draft(stage=Stage.INTENT, action="resource.apply", ref=ref, manager="brokkr-controller")

    def work(count: int) -> None:
        for _ in range(count):
            intent = trail.intent(draft)
            outcome = Draft(stage=Stage.OUTCOME, action=draft.action, intent=intent, ref=ref, result={"status": 200})
            trail.tell(outcome)

    workers = [threading.Thread(target=work, args=(changes // threads,)) for _ in range(threads)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - begun
    done = changes // threads * threads
    segments.close()
    return done / seconds, disk.waits / done


def main() -> None:
    """Measure every policy with every number of threads."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--changes", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", type=Path, default=Path())
    given = parser.parse_args()
    print(f"{'fsync':<8}{'threads':>8}{'changes/s':>12}{'waits/change':>14}")
    for fsync in Fsync:
        for threads in THREADS:
            rounds = []
            for _ in range(given.rounds):
                with tempfile.TemporaryDirectory(dir=given.directory) as folder:
                    rounds.append(measure(Path(folder), fsync, threads, given.changes))
            rate, waits = (statistics.median(values) for values in zip(*rounds, strict=True))
            print(f"{fsync:<8}{threads:>8}{rate:>12.0f}{waits:>14.2f}")


if __name__ == "__main__":
    main()
