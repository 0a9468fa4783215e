"""Where the PAK comes from: a text, the environment, a file or a directory of files."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from brokkr_core.broker.credentials.pak import Pak
from brokkr_core.errors import ConfigError

#: A PAK has about 50 characters; what is much longer is another file.
FILE_LIMIT_BYTES = 4096


class CredentialSource(Protocol):
    """Where the PAK comes from.

    Asked at the first call, every few seconds while there are calls, and whenever the broker refuses the PAK; so it
    answers at once. What it gives is checked with the broker before it takes the place of a PAK that is in use.
    """

    def pak(self) -> Pak:
        """Return the PAK as it is now.

        Raises:
            ConfigError: there is none, or it is not well-formed.
        """


@frozen(kw_only=True)
class LiteralPak:
    """A PAK that is known and never changes."""

    value: Pak

    def pak(self) -> Pak:
        """Return the PAK."""
        return self.value


@frozen(kw_only=True)
class EnvironmentPak:
    """A PAK in an environment variable.

    Args:
        variable: name of the variable; the default is the upstream agent's (contract section 14).
        environment: where to look.
    """

    variable: str = "BROKKR__AGENT__PAK"
    environment: Mapping[str, str] = field(factory=lambda: os.environ, repr=False)

    def pak(self) -> Pak:
        """Return the PAK as the variable has it now."""
        text = self.environment.get(self.variable, "")
        if not text.strip():
            raise ConfigError([f"environment variable {self.variable}: not set or empty; put the PAK there"])
        return _pak_from(text, f"environment variable {self.variable}")


class FilePak:
    """A PAK in a file, or in a directory with one file per key, as a mounted Secret is.

    Nothing is remembered: the path is followed anew each time, so that it does not matter whether the file was
    written over, renamed into place, or exchanged by swapping the link ``..data`` of a mount.

    Args:
        path: the file or the directory; white space around the PAK is dropped.
        key: name of the file in a directory; not needed when there is only one.
    """

    def __init__(self, path: str | Path, *, key: str = "") -> None:
        self._path = Path(path)
        self._key = key

    def __repr__(self) -> str:
        return f"FilePak({str(self._path)!r}" + (f", key={self._key!r})" if self._key else ")")

    def pak(self) -> Pak:
        """Return the PAK as the file has it now."""
        try:
            path = self._file()
            return _pak_from(_text_of(path), f"PAK file {path}")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigError([f"PAK file {self._path}: cannot be read ({why})"]) from None

    def _file(self) -> Path:
        if not self._path.is_dir():
            return self._path
        if self._key:
            return self._path / self._key
        # A mount keeps its own directories and links under names that begin with two dots.
        names = sorted(entry.name for entry in self._path.iterdir() if not entry.name.startswith("."))
        if len(names) != 1:
            found = ", ".join(names) or "none"
            raise ConfigError([f"PAK directory {self._path}: holds not one file but {found}; name the one to read"])
        return self._path / names[0]


def _text_of(path: Path) -> str:
    # Not to wait for a writer, should it be a pipe.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfigError([f"PAK file {path}: not a regular file"])
        content = file.read(FILE_LIMIT_BYTES + 1)
    if len(content) > FILE_LIMIT_BYTES:
        raise ConfigError([f"PAK file {path}: larger than {FILE_LIMIT_BYTES} bytes; is it the right file?"])
    return content.decode()


def _pak_from(text: str, where: str) -> Pak:
    try:
        return Pak(text=text)
    except ConfigError as error:
        raise ConfigError([f"{where}: {fault}" for fault in error.faults]) from None
