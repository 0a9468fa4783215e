"""Compare server-side apply of a bundle with its peers: whole process, wall time, peak memory and requests.

Every client gets an emulated cluster of its own, in a process of its own and over HTTP, that answers every request
late by a given time. It applies a bundle of about ten kinds in five namespaces for the first time, again, and with one
object changed. Rounds go through all clients in turn, so that a busy machine slows all of them; the median counts.
Missing clients are listed.

What to read with care: the cluster is one Python process that carries out one request at a time, about a millisecond
each. At 0 ms it, not the client, is what is measured, and no client can be faster than it; at 5 and 20 ms clients
that ask several things at once win as they would on a real server, until the cluster is busy all the time. The
namespaces come with the bundle, so the first apply has nothing that the server could be asked about beforehand; where
they are there already, every new object costs brokkr a dry-run and an apply. kubectl runs with its default flags,
which includes validation on the server, and its cache of discovery is filled before the clock runs.

    python benchmarks/apply/run.py                                  # 100 and 1000 objects, 0, 5 and 20 ms
    python benchmarks/apply/run.py --short                          # 100 objects, 5 ms, one round
    python benchmarks/apply/run.py --objects 1000 --latency 5 --rounds 5
    python benchmarks/apply/run.py --client kubectl --client "brokkr-agent apply"
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.apply import bundle, clients
from benchmarks.apply.served import Served

OURS = "brokkr-agent apply"
STEPS = ("first apply", "nothing changed", "one changed")

#: Targets of the project at 5 ms, against kubectl: how much faster, and how many times fewer requests.
TARGETS = {"first apply": (5.0, 0.0), "nothing changed": (10.0, 20.0)}


@frozen(kw_only=True)
class Run:
    """What one run of one client took."""

    seconds: float
    calls: int
    peak: float  #: MiB


class ClientError(Exception):
    """A client failed; the text says how."""


def run_steps(name: str, files: bundle.Bundle, latency: float, folder: Path) -> list[Run]:
    """Let a client take all steps against a new cluster.

    Raises:
        ClientError: it failed in one of them.
    """
    cache = folder / "cache"
    with Served(folder / "kubeconfig", latency) as served:
        warm = clients.warm_up(name, served.kubeconfig, cache)
        if warm:
            run_once(warm, folder)
        runs = []
        for file in (files.before, files.before, files.after):
            served.calls()
            seconds, peak = run_once(clients.CLIENTS[name](file, served.kubeconfig, cache), folder)
            runs.append(Run(seconds=seconds, calls=served.calls(), peak=peak))
    return runs


def run_once(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run a command and return its wall time in seconds and its peak memory in MiB.

    Linux counts what the parent held at the fork as the child's, so this process stays smaller than any client.
    """
    output = folder / "output"
    with output.open("wb") as sink:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=sink, stderr=sink, env=clients.environment(folder))
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        lines = output.read_text(errors="replace").strip().splitlines() or [f"exit {process.returncode}"]
        raise ClientError(lines[-1][:110])
    return seconds, usage.ru_maxrss / 1024


def run_case(files: bundle.Bundle, latency: float, names: Sequence[str], rounds: int) -> None:
    """Measure every client on one bundle at one latency and print a table for each step."""
    results: dict[str, list[list[Run]]] = {}
    failures: dict[str, str] = {}
    for _ in range(rounds):
        for name in names:
            if name in failures:
                continue
            with tempfile.TemporaryDirectory() as folder:
                try:
                    results.setdefault(name, []).append(run_steps(name, files, latency, Path(folder)))
                except ClientError as error:
                    failures[name] = f"fails: {error}"
                    results.pop(name, None)
    for at, step in enumerate(STEPS):
        runs = {name: [steps[at] for steps in rounds_of] for name, rounds_of in results.items()}
        print_table(f"{files.objects} objects, {latency:g} ms, {step}", runs)
        if latency == 5 and step in TARGETS:
            print_targets(step, runs)
    for name, why in failures.items():
        print(f"  {name:<20}{why}")


def print_table(title: str, runs: dict[str, list[Run]]) -> None:
    """Print what one step took; a ratio above 1 means that brokkr is that much faster, or asks that much less."""
    print(f"\n{title}")
    print(f"  {'client':<20}{'seconds':>9}{'brokkr is':>12}{'requests':>10}{'brokkr asks':>13}{'peak MiB':>10}")
    seconds, calls = figures(runs)
    for name, taken in runs.items():
        faster = f"{seconds[name] / seconds[OURS]:.2f}x" if OURS in runs else "-"
        fewer = f"1/{calls[name] / max(calls[OURS], 1):.2f}" if OURS in runs else "-"
        peak = max(run.peak for run in taken)
        print(f"  {name:<20}{seconds[name]:>9.2f}{faster:>12}{calls[name]:>10.0f}{fewer:>13}{peak:>10.1f}")


def print_targets(step: str, runs: dict[str, list[Run]]) -> None:
    """Print whether brokkr does what it set out to do against kubectl."""
    if OURS not in runs or "kubectl" not in runs:
        return
    seconds, calls = figures(runs)
    faster, fewer = TARGETS[step]
    peaks = {name: max(run.peak for run in taken) for name, taken in runs.items()}
    told = [f"{seconds['kubectl'] / seconds[OURS]:.1f}x faster (target {faster:g}x)"]
    if fewer:
        told.append(f"{calls['kubectl'] / max(calls[OURS], 1):.1f}x fewer requests (target {fewer:g}x)")
    told.append(f"{peaks[OURS]:.0f} MiB against {peaks['kubectl']:.0f} (target: less)")
    print(f"  against kubectl: {', '.join(told)}")


def figures(runs: dict[str, list[Run]]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median time and the median number of requests of every client."""
    seconds = {name: statistics.median(run.seconds for run in taken) for name, taken in runs.items()}
    calls = {name: statistics.median(run.calls for run in taken) for name, taken in runs.items()}
    return seconds, calls


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 5, 20], help="milliseconds a request")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="100 objects, 5 ms, one round")
    parser.add_argument("--client", action="append", choices=list(clients.CLIENTS), help="only this; may be repeated")
    arguments = parser.parse_args()
    if arguments.short:
        arguments.objects, arguments.latency, arguments.rounds = [100], [5.0], 1
    wanted = arguments.client or list(clients.CLIENTS)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors; median of {arguments.rounds} rounds")
    for name in wanted:
        if why := clients.missing(name):
            print(f"  {name}: {why}, takes no part")
    present = [name for name in wanted if not clients.missing(name)]
    with tempfile.TemporaryDirectory() as folder:
        for objects in arguments.objects:
            files = bundle.write(Path(folder), objects)
            for latency in arguments.latency:
                run_case(files, latency, present, arguments.rounds)


if __name__ == "__main__":
    main()
