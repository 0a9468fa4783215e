"""The token that a caller of the control API has to show: kept in a file, and read again when that changes."""

from __future__ import annotations

import os
import threading
from hmac import compare_digest
from pathlib import Path

import structlog

from brokkr_core.errors import ConfigError

_log = structlog.get_logger("control")

#: A shorter token can be guessed.
FEWEST_CHARACTERS = 16


class TokenFile:
    """A token in a file, such as a mounted Secret.

    Args:
        path: the file; white space around the token does not count.

    Raises:
        ConfigError: it cannot be read, or holds no token.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._token = b""
        self._trouble = ""
        trouble = self._look()
        if trouble:
            raise ConfigError([f"agent.control_token_file {path}: {trouble}"])

    def fits(self, shown: str) -> bool:
        """Tell whether this is the token, in a time that says nothing about it.

        A file that has gone, or holds no token any more, fits nothing: whoever took the token away meant it.
        """
        with self._lock:
            self._say(self._look())
            return bool(self._token) and compare_digest(self._token, shown.encode())

    def _say(self, trouble: str) -> None:
        """Tell the log once why nobody gets in, and once that somebody may again."""
        if trouble and trouble != self._trouble:
            _log.warning("no token fits", file=str(self._path), why=trouble)
        if self._trouble and not trouble:
            _log.info("there is a token again", file=str(self._path))
        self._trouble = trouble

    def _look(self) -> str:
        """Read the file if it is not the one read last; return what is wrong with it, or nothing."""
        try:
            told = os.stat(self._path)
            seen = (told.st_ino, told.st_mtime_ns, told.st_size)
            if seen == self._seen:
                return ""
            token = self._path.read_bytes().strip()
        except OSError as error:
            self._seen, self._token = (), b""
            return f"cannot be read: {error.strerror or error}"
        if len(token) < FEWEST_CHARACTERS or not (token.isascii() and token.decode().isprintable()):
            self._seen, self._token = (), b""
            return f"has to hold a token of at least {FEWEST_CHARACTERS} printable ASCII characters in one line"
        self._seen, self._token = seen, token
        return ""
