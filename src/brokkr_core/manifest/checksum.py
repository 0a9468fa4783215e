"""The checksum of a source, as the broker vouches for it."""

from __future__ import annotations

import hashlib


def checksum(text: str | bytes) -> str:
    """Return the checksum of a whole text.

    Args:
        text: the text, or its UTF-8 bytes.

    Returns:
        Lower-case hexadecimal SHA-256 of the UTF-8 bytes, a byte order mark included (contract 4.3).
    """
    data = text.encode() if isinstance(text, str) else text
    return hashlib.sha256(data).hexdigest()


class RunningChecksum:
    """The same checksum, fed piece by piece while a source is read."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def update(self, piece: bytes) -> None:
        """Take the next piece into account.

        Args:
            piece: bytes that follow the ones before.
        """
        self._hash.update(piece)
        self.size_bytes += len(piece)

    def text(self) -> str:
        """Return the checksum of all pieces so far."""
        return self._hash.hexdigest()
