"""Journals in memory: for tests, and for runs whose record may die with the process."""

from __future__ import annotations

import threading

from brokkr_core.rollback.journal.store import Found, Kept, whole_lines


class MemoryStore:
    """Keeps journals as long as it lives."""

    holds_secrets = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._segments: dict[str, list[bytes]] = {}
        self._ended: set[str] = set()

    def append(self, name: str, number: int, lines: bytes, *, last: bool = False) -> None:
        """Keep a segment."""
        with self._lock:
            segments = self._segments.setdefault(name, [])
            assert number == len(segments), "segments are numbered without gaps"
            segments.append(lines)
            if last:
                self._ended.add(name)

    def read(self, name: str) -> Kept:
        """Return the lines of a journal."""
        with self._lock:
            segments = self._segments.get(name, [])
            lines = whole_lines(b"".join(segments))
            return Kept(lines=lines, segments=len(segments))

    def found(self) -> tuple[Found, ...]:
        """Return all journals, oldest first."""
        with self._lock:
            return tuple(sorted(Found(name=name, ended=name in self._ended) for name in self._segments))

    def remove(self, name: str) -> None:
        """Forget a journal."""
        with self._lock:
            self._segments.pop(name, None)
            self._ended.discard(name)
