"""Measure one reader on one file; run by ``run.py`` in a process of its own, which loads nothing but the reader.

What is imported here counts for every reader, so next to nothing is.
"""

from __future__ import annotations

import os
import sys
import time

sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.manifest import peers  # noqa: E402 - found only now


def peak_mib() -> float:
    """Return the peak resident memory of a process; unlike rusage, it does not count what was before exec."""
    status = "/proc/self/status"
    if os.path.exists(status):
        with open(status, encoding="ascii") as file:
            (line,) = (line for line in file if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource  # noqa: PLC0415 - only where there is no /proc

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, path: str) -> dict[str, float]:
    """Read a file and tell what it took."""
    peers.load(name)
    before = peak_mib()
    start = time.perf_counter()
    count = peers.PEERS[name](path)
    seconds = time.perf_counter() - start
    if name == "kubectl":
        import resource  # noqa: PLC0415 - only for a reader that is no Python

        before, peak = 0.0, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    else:
        peak = peak_mib()
    return {"documents": count, "reading": seconds, "peak": peak, "above": peak - before}


if __name__ == "__main__":
    if sys.argv[2:]:
        print("\n".join(f"{key} {value}" for key, value in measure(*sys.argv[1:]).items()))
    else:
        peers.load(sys.argv[1])
