"""What the flight recorder costs while nothing fails: the CPU time of a line, and of an apply with and without it.

The apply goes to the emulated cluster in this process, which costs more than the engine does; so what counts most is
how many lines an object makes, times what a kept line costs. CPU time of the process; the best of several rounds,
since a busy machine only adds.

    python benchmarks/log/run.py
    python benchmarks/log/run.py --objects 50 --rounds 3
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.apply import bundle

from brokkr_agent.config import LogSettings
from brokkr_agent.lines import ClusterLine
from brokkr_agent.logs.engine import log_event
from brokkr_agent.logs.flight import Flight
from brokkr_agent.logs.setup import LOG, attempt_log, configure
from brokkr_agent.logs.sink import Sink
from brokkr_core import ApplyPolicy, KubeClient, apply_plan, order, parse_all, resolve
from brokkr_core.testing.cluster import EmbeddedCluster


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--objects", type=int, default=200)
    given.add_argument("--rounds", type=int, default=5)
    wanted = given.parse_args()
    configure(LogSettings(format="json"))
    LOG.sink = Sink(os.open(os.devnull, os.O_WRONLY))
    sys.excepthook = sys.__excepthook__

    def line() -> None:
        LOG.note("kubernetes", "request", request="GET /api/v1/pods", kind="list", status=200, seconds=0.001)

    def printed() -> None:
        LOG.take({"event": "request", "request": "GET /api/v1/pods", "status": 200}, "kubernetes", "info")

    print(f"a line that nobody wants   {best(line, wanted.rounds, 20_000):6.2f} us")
    with attempt_log(stack_id="bench"):
        print(f"a line that is kept        {best(line, wanted.rounds, 20_000):6.2f} us")
    print(f"a line that is printed     {best(printed, wanted.rounds, 2_000):6.2f} us")
    kept = [applied(wanted.objects, entries=100_000) for _ in range(wanted.rounds)]
    none = [applied(wanted.objects, entries=0) for _ in range(wanted.rounds)]
    print(f"lines of an applied object {kept[0][1] / wanted.objects:6.2f}")
    print(f"apply, recorder on / off   {min(kept)[0]:6.2f} / {min(none)[0]:.2f} s for {wanted.objects} objects")


def best(work: Callable[[], None], rounds: int, times: int) -> float:
    """Return the CPU time of one call in microseconds."""

    def many() -> None:
        for _ in range(times):
            work()

    return min(cpu(many) for _ in range(rounds)) / times * 1e6


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU time of some work in seconds."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def applied(objects: int, *, entries: int) -> tuple[float, int]:
    """Apply a bundle for the first time; return the CPU time in seconds and how many lines were kept."""
    LOG.entries = entries
    with EmbeddedCluster() as cluster, attempt_log(stack_id="bench") as flight:
        client = KubeClient(ClusterLine(cluster.transport(), lambda _heard: None))
        made = "\n---\n".join(map(json.dumps, bundle.bundle(objects)))
        plan = order(resolve(parse_all(made).checked().manifests, client.discovery))
        seconds = cpu(lambda: apply_plan(client, plan, policy=ApplyPolicy(wait=False), observer=log_event))
        return seconds, lines_in(flight)


def lines_in(flight: Flight) -> int:
    """Count what was kept so far; it keeps nothing afterwards."""
    kept, dropped = flight.end()
    return len(kept) + dropped


if __name__ == "__main__":
    main()
