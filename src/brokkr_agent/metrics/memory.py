"""How much memory the process may have, by the word of its cgroup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

#: Version 1 writes a number near 2**63 when there is no limit.
_NO_LIMIT = 1 << 60


def memory_limit(root: Path = Path("/")) -> int | None:
    """Return the lowest limit of the cgroups that this process is in.

    Args:
        root: where ``proc`` and ``sys`` are.

    Returns:
        Bytes; None when there is no limit, or none can be found out.
    """
    limits = [limit for file in _limit_files(root) if (limit := _number(file)) is not None and limit < _NO_LIMIT]
    return min(limits, default=None)


def _limit_files(root: Path) -> Iterator[Path]:
    """Name the files of a cgroup and of all above it; in a container its own stands at the top."""
    groups = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, place = rest.partition(":")
        if controllers == "":
            yield from _upwards(groups, place, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _upwards(groups / "memory", place, "memory.limit_in_bytes")


def _upwards(top: Path, place: str, name: str) -> Iterator[Path]:
    here = [part for part in place.split("/") if part not in ("", ".", "..")]
    for depth in range(len(here), -1, -1):
        yield top.joinpath(*here[:depth], name)


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # ``max`` is no number, and no limit either
        return None
