"""The PAK file and what stands beside it while the PAK is being rotated: each step survives a crash at any point."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import asdict, frozen

from brokkr_core.broker.credentials.pak import Pak
from brokkr_core.broker.credentials.sources import FilePak
from brokkr_core.durable import flush_directory
from brokkr_core.errors import ConfigError

#: Room for any PAK, reserved before the broker is asked for one: afterwards the disk may be full.
RESERVED_BYTES = 4096


@frozen(kw_only=True)
class Intent:
    """What is written down before the broker is asked to rotate.

    Args:
        agent_id: whose PAK.
        old: public part of the PAK that is to be replaced.
        began: time of day, in seconds since 1970.
    """

    agent_id: str
    old: str
    began: float


class PakVault:
    """A file that holds a PAK, and two more while it is rotated.

    ``.<name>.rotating`` says that the broker may have been asked for a new PAK, ``.<name>.next`` has room for it and
    then holds it. All are readable by the owner of the PAK file only.

    Args:
        path: the PAK file; no link, its directory has to be writable.

    Raises:
        ConfigError: the path ends in no name.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.name:
            raise ConfigError([f"PAK file {str(path)!r}: names no file"])
        self._intent = self.path.with_name(f".{self.path.name}.rotating")
        self._next = self.path.with_name(f".{self.path.name}.next")
        self._draft = self.path.with_name(f".{self.path.name}.draft")

    @property
    def rotating(self) -> bool:
        """Whether a rotation is under way or was interrupted."""
        with _explained(self.path):
            return self._intent.exists() or self._next.exists()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from rotating at the same time; the lock ends with this process at the latest.

        Raises:
            ConfigError: another process rotates, or the directory or the file is not fit for it.
        """
        with _explained(self.path):
            directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConfigError([f"PAK file {self.path}: another process is rotating it; wait for that"]) from None
            if self.path.is_symlink() or not self.path.is_file():
                raise ConfigError([f"PAK file {self.path}: not a file of its own; rotate where the Secret is made"])
            yield
        finally:
            os.close(directory)

    def current(self) -> Pak:
        """Return what the PAK file holds."""
        return FilePak(self.path).pak()

    def intent(self) -> Intent | None:
        """Return what was about to be done, if anything was."""
        try:
            read = json.loads(self._intent.read_text())
            return Intent(agent_id=str(read["agent_id"]), old=str(read["old"]), began=float(read["began"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise ConfigError([f"{self._intent}: cannot be read; it is written whole or not at all, so look"]) from None

    def following(self) -> Pak | None:
        """Return the PAK that is to follow, if it has come."""
        try:
            return FilePak(self._next).pak()
        except ConfigError:
            return None

    def begin(self, intent: Intent) -> None:
        """Write down what is about to be done, and reserve room for the new PAK; after this the broker may be asked.

        Raises:
            ConfigError: the directory cannot be written to; nothing was asked of the broker.
        """
        with _explained(self.path):
            self._write(self._next, b" " * RESERVED_BYTES)
            self._write(self._draft, json.dumps(asdict(intent)).encode())
            self._draft.rename(self._intent)
            flush_directory(self.path.parent)

    def keep(self, pak: Pak) -> None:
        """Make the new PAK durable, into the room that was reserved for it."""
        with _explained(self.path), self._next.open("r+b") as file:
            file.write(pak.reveal().encode() + b"\n")
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def promote(self) -> None:
        """Put the new PAK in the place of the old one, which is forgotten by that."""
        with _explained(self.path):
            self._next.rename(self.path)
            flush_directory(self.path.parent)
        self.end()

    def end(self) -> None:
        """Forget the rotation; what is to follow, goes first, so that it is never found without its intent."""
        with _explained(self.path):
            for path in (self._next, self._draft, self._intent):
                path.unlink(missing_ok=True)
                flush_directory(self.path.parent)

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file that only the owner of the PAK file can read, and wait until it is on the disk."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            like = self.path.stat()
            os.fchmod(descriptor, 0o600)
            if (os.geteuid(), os.getegid()) != (like.st_uid, like.st_gid):
                os.fchown(descriptor, like.st_uid, like.st_gid)
            file.write(content)
            file.flush()
            os.fsync(descriptor)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError([f"PAK file {path}: cannot be rotated here ({error.strerror})"]) from None
