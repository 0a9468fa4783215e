"""Certificate files that are read again when they have changed: whole, or not at all."""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from brokkr_core.broker.expiry import Expiry, expiries
from brokkr_core.broker.tls import TlsFiles, client_context, plain_context
from brokkr_core.errors import ConfigError


class Certificates:
    """The TLS context of what the files hold, and a look at them now and then.

    The content is compared, not the times: a mount may swap a link, a tool may write in place, and neither a
    time stamp nor an inode is sure to tell.

    Args:
        files: what to trust and what to show; without any nothing ever changes.
        look_seconds: how often to look.
        plain: whether nothing is encrypted: without files, no trust store is read then.
        clock: gives seconds that only ever go forward.

    Raises:
        ConfigError: a file is missing or not what it should be.
    """

    def __init__(
        self,
        files: TlsFiles,
        *,
        look_seconds: float,
        plain: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._paths = [path for path in (files.ca_file, files.certificate_file, files.key_file) if path]
        self._look_seconds = look_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._digest = _digest(self._paths)
        self._next_look = clock() + look_seconds
        self._trouble = ""
        #: What new connections use.
        self.context: ssl.SSLContext = plain_context() if plain and files == TlsFiles() else client_context(files)
        #: When it runs out.
        self.expiry: Expiry = _expiry(files)

    @property
    def trouble(self) -> str:
        """Why what the files hold now is not in use; empty when it is."""
        return self._trouble

    def changed(self) -> bool:
        """Look at the files when it is time to; one thread looks, the others go on with what there is.

        Returns:
            Whether ``context`` is another one now. Files that cannot be used change nothing.
        """
        if not self._paths or self._clock() < self._next_look or not self._lock.acquire(blocking=False):
            return False
        try:
            self._next_look = self._clock() + self._look_seconds
            return self._reloaded()
        finally:
            self._lock.release()

    def _reloaded(self) -> bool:
        before = _digest(self._paths)
        if before == self._digest:
            self._trouble = ""
            return False
        try:
            context = client_context(self._files)
        except ConfigError as error:
            self._trouble = f"the certificates before are kept: {error}"
            return False
        if _digest(self._paths) != before:
            return False  # changed meanwhile, so it may be half of each; the next look sees it at rest
        self._digest, self.context, self._trouble = before, context, ""
        self.expiry = _expiry(self._files)
        return True


def _expiry(files: TlsFiles) -> Expiry:
    """Read when files run out that were found usable; a shown certificate comes first in its file."""
    shown, trusted = _times(files.certificate_file), _times(files.ca_file)
    return Expiry(client=shown[0] if shown else None, authority=max(trusted, default=None))


def _times(path: str | None) -> tuple[datetime, ...]:
    try:
        return expiries(Path(path).read_text(encoding="ascii", errors="replace")) if path else ()
    except (OSError, ValueError):
        return ()


def _digest(paths: list[str]) -> bytes:
    whole = hashlib.sha256()
    for path in paths:
        try:
            content = Path(path).read_bytes()
        except OSError:
            content = b""
        whole.update(len(content).to_bytes(8, "big") + content)
    return whole.digest()
