"""The files of a trail: one directory, one writer, lines that are there whole or not at all."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from attrs import field, frozen

from brokkr_agent.audit.chain import ChainFaultError, Head, head_of, read
from brokkr_agent.audit.fault import AuditError
from brokkr_core.durable import flush_directory
from brokkr_core.errors import ConfigError

#: No record is longer; whoever reads need not hold more.
MOST_LINE_BYTES = 1024 * 1024

_NAME = re.compile(r"audit-(\d{12})\.jsonl")


@frozen(kw_only=True, order=True)
class Segment:
    """One file of a trail."""

    first: int  #: number of its first record
    path: Path = field(order=False)


@frozen(kw_only=True)
class Surplus:
    """Segments that are no longer to be kept."""

    segments: tuple[Segment, ...] = ()
    through: int = 0  #: number of the last record in them


@frozen(kw_only=True)
class Opened:
    """What stood in the directory when it was opened."""

    head: Head
    cut: int = 0  #: so many bytes of a line that was never whole were cut off


def segments_in(directory: Path) -> list[Segment]:
    """Return the files of a trail, oldest first."""
    names = ((_NAME.fullmatch(one.name), one) for one in directory.iterdir())
    return sorted(Segment(first=int(name[1]), path=path) for name, path in names if name)


class Segments:
    """Appends lines. Not safe to use from several threads at once, but for :meth:`sync`.

    Args:
        directory: where the files are; made when it is not there.
        write: writes to a descriptor and returns how many bytes it took.
        fsync: makes what was written to a descriptor durable.
    """

    def __init__(
        self,
        directory: Path,
        *,
        write: Callable[[int, bytes], int] = os.write,
        fsync: Callable[[int], None] = os.fsync,
    ) -> None:
        self.directory = directory
        self._write = write
        self._fsync = fsync
        self._lock = -1
        self._file = -1
        self._torn = False  #: more may stand in the file than ``size``
        self.size = 0  #: bytes of whole lines in the last segment

    def open(self) -> Opened:
        """Take the directory for this process and find the end of the chain.

        Raises:
            ConfigError: the directory cannot be used, or another process has it.
            AuditError: the last record is not what was written.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return self._opened()
        except BlockingIOError:
            self.close()
            fault = "another process writes there; give every agent a directory of its own"
            raise ConfigError([f"agent.audit_path = {str(self.directory)!r}: {fault}"]) from None
        except OSError as error:
            self.close()
            fault = f"cannot be used ({error.strerror}); it has to be a directory that the agent may write to"
            raise ConfigError([f"agent.audit_path = {str(self.directory)!r}: {fault}"]) from error
        except AuditError:
            self.close()
            raise

    def append(self, line: bytes) -> None:
        """Write a line to the end.

        Raises:
            OSError: it was not taken; then nothing of it counts as written.
        """
        self._mend()
        self._torn = True
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._write(self._file, bytes(rest)) :]
        except OSError:
            self.cut_to(self.size)
            raise
        self._torn = False
        self.size += len(line)

    def sync(self) -> None:
        """Make everything written so far durable. Another thread may append meanwhile, but not rotate."""
        self._fsync(self._file)

    def cut_to(self, size: int) -> None:
        """Take back what stands behind the first so many bytes of the last segment; or will before the next line."""
        self.size = size
        self._torn = True
        try:
            self._mend()
        except OSError:
            return  # before the next line it is tried again

    def rotate(self, first: int) -> None:
        """Begin another segment.

        Args:
            first: number of its first record.

        Raises:
            OSError: there is none; the present one stays in use.
        """
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        file = os.open(self.directory / f"audit-{first:012d}.jsonl", flags, 0o600)
        try:
            flush_directory(self.directory)
        except OSError:
            os.close(file)
            raise
        if self._file >= 0:
            os.close(self._file)
        self._file, self.size, self._torn = file, 0, True

    def surplus(self, kept: int) -> Surplus:
        """Return the segments beyond so many; 0 keeps all of them."""
        present = segments_in(self.directory)
        if not kept or len(present) <= kept:
            return Surplus()
        return Surplus(segments=tuple(present[:-kept]), through=present[-kept].first - 1)

    def remove(self, segments: Iterable[Segment]) -> None:
        """Delete segments."""
        for one in segments:
            one.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the directory back."""
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1

    def _mend(self) -> None:
        if self._torn:
            os.ftruncate(self._file, self.size)
            self._torn = False

    def _opened(self) -> Opened:
        """Go to the end. A segment without a single record is what a crash left just after it was begun."""
        head, cut = Head(), 0
        present = segments_in(self.directory)
        for one in reversed(present):
            last, whole, torn = _tail(one.path)
            cut += torn
            if one is present[-1]:
                self._file = os.open(one.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
                self.cut_to(whole)
            if last:
                head = _head_of(one, last)
                break
        if not present:
            self.rotate(1)
        return Opened(head=head, cut=cut)


def _tail(path: Path) -> tuple[bytes, int, int]:
    """Return the last whole line, how many bytes whole lines are in all, and how many follow them."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        start = max(0, end - 2 * MOST_LINE_BYTES)
        file.seek(start)
        text = file.read()
    whole = text[: text.rfind(b"\n") + 1]
    return whole[:-1].rpartition(b"\n")[2], start + len(whole), len(text) - len(whole)


def _head_of(segment: Segment, line: bytes) -> Head:
    try:
        return head_of(read(line))
    except ChainFaultError as error:
        advice = "look with: brokkr-agent audit verify; to begin a new chain, move the directory away"
        raise AuditError(f"{segment.path}: the last line: {error}; {advice}") from error
