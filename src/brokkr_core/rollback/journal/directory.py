"""Journals in a local directory: one file each, every append flushed to the disk before it counts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from attrs import field, frozen

from brokkr_core.durable import flush_directory
from brokkr_core.errors import JournalError
from brokkr_core.rollback.journal.store import Found, Kept, whole_lines

_OPEN, _ENDED = ".journal", ".ended"


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(path).absolute()


@frozen(kw_only=True)
class DirectoryStore:
    """Keeps journals as files that only their owner may read.

    Args:
        path: the directory; made when it is not there.
        holds_secrets: whether the disk is a place where values of Secrets may be kept.
    """

    path: Path = field(converter=_absolute)
    holds_secrets: bool = False

    def append(self, name: str, number: int, lines: bytes, *, last: bool = False) -> None:
        """Write a segment to the end of the file and flush it to the disk.

        Raises:
            JournalError: the disk does not take it.
        """
        file = self.path / f"{name}{_OPEN}"
        try:
            if number == 0:
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | (os.O_CREAT | os.O_EXCL if number == 0 else 0)
            with os.fdopen(os.open(file, flags, 0o600), "r+b") as opened:
                _behind_the_last_line(opened)
                opened.write(lines)
                opened.flush()
                os.fsync(opened.fileno())
            if last:
                file.rename(self.path / f"{name}{_ENDED}")
            if last or number == 0:
                flush_directory(self.path)
        except OSError as error:
            raise JournalError(f"{file}: the journal cannot be written: {error.strerror}") from error

    def read(self, name: str) -> Kept:
        """Return the whole lines of a file; a last line that was cut off was never durable, and is left out.

        Raises:
            JournalError: the disk does not give it.
        """
        for suffix in (_OPEN, _ENDED):
            try:
                data = (self.path / f"{name}{suffix}").read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise JournalError(f"{self.path / name}: the journal cannot be read: {error.strerror}") from error
            return Kept(lines=whole_lines(data), segments=1)
        return Kept()

    def found(self) -> tuple[Found, ...]:
        """Return all journals, oldest first."""
        kinds = {_OPEN: False, _ENDED: True}
        files = self.path.iterdir() if self.path.is_dir() else ()
        return tuple(sorted(Found(name=one.stem, ended=kinds[one.suffix]) for one in files if one.suffix in kinds))

    def remove(self, name: str) -> None:
        """Delete a file."""
        for suffix in (_OPEN, _ENDED):
            (self.path / f"{name}{suffix}").unlink(missing_ok=True)


def _behind_the_last_line(file: BinaryIO) -> None:
    """Go to the end, and cut off what was left of a line by a process that died over it."""
    end = file.seek(0, os.SEEK_END)
    step = 64 * 1024
    for at in range(max(0, end - step), -step, -step):
        start = max(0, at)
        file.seek(start)
        newline = file.read(step).rfind(b"\n")
        if newline >= 0 or start == 0:
            file.truncate(start + newline + 1)
            break
    file.seek(0, os.SEEK_END)
