"""Compare the manifest parser with its peers: whole process, wall time and peak memory.

Every figure comes from a process of its own, interpreter start included. Rounds go through all readers in turn,
so that a busy machine slows all of them; the median counts. Missing readers are listed.

    python benchmarks/manifest/run.py                        # generated streams up to 10 MB
    python benchmarks/manifest/run.py --full                 # and the 100 MB stream
    python benchmarks/manifest/run.py --case mixed-10 --rounds 5
    python benchmarks/manifest/run.py --directory ~/manifests
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.manifest import corpus, peers

OURS = "brokkr"
LARGE = frozenset({"mixed-100"})

MEASURE = (sys.executable, str(Path(__file__).with_name("measure.py")))
#: An installed library is compiled; one that is read from its sources must not be compiled in every process.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_once(name: str, path: Path) -> dict[str, float] | str:
    """Measure one reader on one file in a new process; a text says why there is no figure."""
    start = time.perf_counter()
    done = subprocess.run([*MEASURE, name, str(path)], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        return f"fails: {lines[-1][:90]}"
    pairs = (line.split() for line in done.stdout.splitlines())
    return {"seconds": seconds, **{key: float(value) for key, value in pairs}}


def run_case(title: str, path: Path, readers: Sequence[str], rounds: int) -> None:
    """Measure every reader on one file and print a table with ratios to the base."""
    results: dict[str, list[dict[str, float]]] = {}
    failures: dict[str, str] = {}
    for round_number in range(rounds):
        for name in readers:
            if name in failures or (round_number and name in peers.SLOW):
                continue
            found = run_once(name, path)
            if isinstance(found, str):
                failures[name] = found
            else:
                results.setdefault(name, []).append(found)
    print_table(title, path.stat().st_size, results, failures)


def print_table(title: str, size: int, results: dict[str, list[dict[str, float]]], failures: dict[str, str]) -> None:
    """Print what one case gave; a ratio above 1 means that brokkr is that much faster."""
    print(f"\n{title}  ({size / corpus.MEGABYTE:.1f} MB)")
    print(f"  {'':<20}{'--- whole process ---':>24}{'---- reading only ----':>26}{'peak MiB':>10}{'above':>8}")
    columns = f"{'MB/s':>8}{'brokkr is':>16}{'MB/s':>10}{'brokkr is':>16}"
    print(f"  {'reader':<20}{columns}{'':>10}{'import':>8}{'documents':>11}")
    whole = medians(results, "seconds")
    reading = medians(results, "reading")
    for name, runs in results.items():
        cells = [f"  {name:<20}"]
        for seconds, width in ((whole, 8), (reading, 10)):
            ratio = f"{seconds[name] / seconds[OURS]:.2f}x" if OURS in seconds else "-"
            cells.append(f"{size / corpus.MEGABYTE / seconds[name]:>{width}.1f}{ratio:>16}")
        peak, above = (max(run[key] for run in runs) for key in ("peak", "above"))
        print("".join(cells) + f"{peak:>10.1f}{above:>8.1f}{runs[0]['documents']:>11.0f}")
    for name, why in failures.items():
        print(f"  {name:<20}{why}")


def medians(results: dict[str, list[dict[str, float]]], key: str) -> dict[str, float]:
    """Return the median of one figure for every reader."""
    return {name: statistics.median(run[key] for run in runs) for name, runs in results.items()}


def cases(arguments: argparse.Namespace, directory: Path) -> Iterator[tuple[str, Path]]:
    """Yield what was asked for, generating what is not there."""
    if arguments.directory:
        joined = directory / "directory.yaml"
        files = sorted(path for pattern in ("*.yaml", "*.yml") for path in Path(arguments.directory).rglob(pattern))
        with joined.open("wb") as target:
            for path in files:
                target.write(b"\n---\n" + path.read_bytes())
        yield f"{len(files)} files of {arguments.directory}", joined
    for name in arguments.case or ([] if arguments.directory else corpus.CASES):
        if name not in LARGE or arguments.full or arguments.case:
            yield name, corpus.write(name, directory, arguments.seed)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=list(corpus.CASES), help="only this one")
    parser.add_argument("--directory", help="a directory of real manifests, read as one stream")
    parser.add_argument("--full", action="store_true", help="with the 100 MB stream")
    parser.add_argument(
        "--reader", action="append", choices=list(peers.PEERS), help="only this reader; may be repeated"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=corpus.SEED)
    parser.add_argument("--keep", help="keep generated files in this directory")
    arguments = parser.parse_args()
    wanted = arguments.reader or list(peers.PEERS)
    absent = {name: why for name in wanted if (why := peers.missing(name))}
    print(f"Python {sys.version.split()[0]}; seed {arguments.seed}; median of {arguments.rounds} rounds")
    for name, why in absent.items():
        print(f"  {name}: {why}, takes no part")
    present = [name for name in wanted if name not in absent]
    for name in present:
        subprocess.run([*MEASURE, name], env=ENVIRONMENT, capture_output=True, check=False)  # compiles it
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(arguments.keep or temporary)
        for title, path in cases(arguments, directory):
            slow = frozenset() if path.stat().st_size < 20 * corpus.MEGABYTE else peers.SLOW
            run_case(title, path, [name for name in present if name not in slow], arguments.rounds)
            for name in sorted(slow & set(present)):
                print(f"  {name:<20}left out: too slow for this size")


if __name__ == "__main__":
    main()
