"""The PAK that opens the broker: its shape, where it comes from, and how a rotated one is picked up."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from brokkr_core.errors import ConfigError

#: Prefix and short token are settings of the broker, the long token is base58 (contract 2.2).
_SHAPE = re.compile(r"(?P<public>[A-Za-z0-9-]+_[A-Za-z0-9]+)_[1-9A-HJ-NP-Za-km-z]{16,}")
_EXPECTED = "three parts joined by '_': prefix, short token, base58 long token"


def _stripped(text: str) -> str:
    return text.strip()


def _well_formed(_instance: object, _attribute: object, text: str) -> None:
    if _SHAPE.fullmatch(text) is None:
        raise ConfigError([f"PAK: not well-formed ({len(text)} characters); it has {_EXPECTED}"])


@frozen(kw_only=True, repr=False)
class Pak:
    """A broker credential that never shows itself: printing gives the public part only.

    Args:
        text: the PAK; white space around it is dropped.

    Raises:
        ConfigError: the text does not have the shape of contract 2.2; the text is not repeated.
    """

    _text: str = field(converter=_stripped, validator=_well_formed)

    def reveal(self) -> str:
        """Return the secret text, for the Authorization header and for nothing else."""
        return self._text

    @property
    def public_part(self) -> str:
        """Prefix and short token: enough to tell two PAKs apart, of no use to a thief (contract 2.2)."""
        return self._text.rpartition("_")[0]

    def __repr__(self) -> str:
        return f"Pak({self.public_part}_…)"

    __str__ = __repr__


def hide_paks(text: str) -> str:
    """Replace whatever looks like a PAK in foreign text by its public part."""
    return _SHAPE.sub(lambda match: f"{match['public']}_…", text)


class CredentialSource(Protocol):
    """Where the PAK comes from. Asked once at the start and again whenever the broker refuses the PAK."""

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
    """A PAK in a file, read again when the file was changed or replaced (as a mounted Secret is).

    Args:
        path: the file; white space around the PAK is dropped.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int, int] | None = None
        self._pak: Pak | None = None

    def __repr__(self) -> str:
        return f"FilePak({str(self._path)!r})"

    def pak(self) -> Pak:
        """Return the PAK as the file has it now."""
        with self._lock:
            try:
                return self._read_if_changed()
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
                raise ConfigError([f"PAK file {self._path}: cannot be read ({why})"]) from None

    def _read_if_changed(self) -> Pak:
        # The state is taken before the text: a change in between costs one more read, never a missed one.
        state = self._path.stat()
        now = (state.st_dev, state.st_ino, state.st_mtime_ns, state.st_size)
        if self._pak is None or now != self._seen:
            self._pak = _pak_from(self._path.read_text(encoding="utf-8"), f"PAK file {self._path}")
            self._seen = now
        return self._pak


def _pak_from(text: str, where: str) -> Pak:
    try:
        return Pak(text=text)
    except ConfigError as error:
        raise ConfigError([f"{where}: {fault}" for fault in error.faults]) from None


class CurrentPak:
    """The PAK in use, shared by all threads; a refusal makes one thread ask the source again.

    Args:
        source: where the PAK comes from.
    """

    def __init__(self, source: CredentialSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._pak: Pak | None = None

    def get(self) -> Pak:
        """Return the PAK in use, asking the source the first time."""
        with self._lock:
            if self._pak is None:
                self._pak = self._source.pak()
            return self._pak

    def renewed(self, refused: Pak) -> Pak | None:
        """Return another PAK than the refused one, if there is any by now.

        Threads that were refused together wait for each other; once one of them has found another PAK, the
        source is not asked again.

        Args:
            refused: the PAK the broker did not take.

        Returns:
            The PAK to try instead, or None when the source still has the refused one.
        """
        with self._lock:
            if self._pak == refused:
                self._pak = self._source.pak()
            return self._pak if self._pak != refused else None
