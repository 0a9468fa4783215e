"""What a rollback costs that is never needed: an apply that can be put back against one that cannot.

Every way of keeping the journal gets an emulated cluster of its own, in a process of its own and over HTTP, that
answers every request late by a given time. It applies a bundle for the first time, again, and with some objects
changed; nobody waits until objects are ready. Rounds go through all ways in turn, so that a busy machine slows all of
them; the median counts, and the greatest peak. The clock starts when the bundle is ordered and stops when the report is
there; requests and memory are those of the whole process.

Without a journal it is ``apply_plan``, with one ``apply_atomically``. What to read with care: the cluster is one Python
process on the same machine, about a millisecond a request, so bytes cost it less than they cost an etcd.

    python benchmarks/rollback/run.py                               # 1000 objects, 50 changed, 5 ms, three rounds
    python benchmarks/rollback/run.py --objects 100 --changed 5 --rounds 1
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.apply import bundle
from benchmarks.apply.run import Run, figures, run_once
from benchmarks.apply.served import Served

WITHOUT = "no journal"
WAYS = (WITHOUT, "memory", "directory", "secrets")

_APPLY = """
import sys, time
from brokkr_core import ApplyPolicy, apply_plan, connect, order, parse_all, resolve
from brokkr_core.rollback import DirectoryStore, Header, MemoryStore, SecretStore, apply_atomically
file, kubeconfig, way, folder = sys.argv[1:]
rules = ApplyPolicy(wait=False)
with connect(kubeconfig) as client:
    plan = order(resolve(parse_all(open(file, "rb").read()).checked().manifests, client.discovery))
    started = time.perf_counter()
    if way == "no journal":
        report = apply_plan(client, plan, policy=rules)
    else:
        store = {
            "memory": lambda: MemoryStore(),
            "directory": lambda: DirectoryStore(path=folder, holds_secrets=True),
            "secrets": lambda: SecretStore(client, namespace="kube-system", owner_id="bench"),
        }[way]()
        header = Header(stack_id="bench", owner_id="bench", manager=rules.manager)
        report = apply_atomically(client, plan, store=store, header=header, policy=rules)
    print(time.perf_counter() - started)
assert report.ok, report.failed
"""


def write(folder: Path, objects: int, changed: int) -> dict[str, Path]:
    """Write the bundle as it is first, and with some of its objects changed; return the file of every step."""
    made = list(bundle.bundle(objects))
    before, after = folder / "before.yaml", folder / "after.yaml"
    before.write_text(bundle.text(made))
    settings = [one for one in made if one["kind"] == "ConfigMap"][:changed]
    if len(settings) < changed:
        raise SystemExit(f"only {len(settings)} of {objects} objects can be changed")
    for one in settings:
        one["data"]["level"] = "debug"
    after.write_text(bundle.text(made))
    return {"first apply": before, "nothing changed": before, f"{changed} changed": after}


def run_steps(way: str, steps: dict[str, Path], latency: float) -> dict[str, Run]:
    """Take all steps in one way against a new cluster."""
    runs = {}
    with tempfile.TemporaryDirectory() as name, Served(Path(name) / "kubeconfig", latency) as served:
        folder = Path(name)
        for step, file in steps.items():
            served.calls()
            where = [str(file), str(served.kubeconfig), way, str(folder / "journals")]
            _, peak = run_once([sys.executable, "-c", _APPLY, *where], folder)
            seconds = float((folder / "output").read_text())
            runs[step] = Run(seconds=seconds, calls=served.calls(), peak=peak)
    return runs


def print_step(title: str, runs: dict[str, list[Run]]) -> None:
    """Print what one step took, and how many times as much as without a journal."""
    print(f"\n{title}")
    print(f"  {'journal':<12}{'seconds':>9}{'ratio':>8}{'requests':>10}{'ratio':>8}{'peak MiB':>10}")
    seconds, calls = figures(runs)
    for way, taken in runs.items():
        slower, more = seconds[way] / seconds[WITHOUT], calls[way] / calls[WITHOUT]
        peak = max(run.peak for run in taken)
        print(f"  {way:<12}{seconds[way]:>9.2f}{slower:>7.2f}x{calls[way]:>10.0f}{more:>7.2f}x{peak:>10.1f}")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--changed", type=int, default=50)
    parser.add_argument("--latency", type=float, default=5.0, help="milliseconds a request")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors; median of {arguments.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        steps = write(Path(folder), arguments.objects, arguments.changed)
        # Whoever comes first pays for what is cold: every round begins with another one.
        orders = [WAYS[number % len(WAYS) :] + WAYS[: number % len(WAYS)] for number in range(arguments.rounds)]
        rounds = [{way: run_steps(way, steps, arguments.latency) for way in order} for order in orders]
    for step in steps:
        title = f"{arguments.objects} objects, {arguments.latency:g} ms, {step}"
        print_step(title, {way: [one[way][step] for one in rounds] for way in WAYS})


if __name__ == "__main__":
    main()
