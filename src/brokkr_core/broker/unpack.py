"""Unpacks the body of an answer piece by piece: a small one may unpack to gigabytes, and a cut one must be noticed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

#: What is asked for in ``Accept-Encoding``; nothing else can be read.
ACCEPTED = "gzip"

#: How much is unpacked at once.
PIECE_BYTES = 65_536

#: For zlib: a gzip header and trailer around the data.
_GZIP = 16 + zlib.MAX_WBITS


class DamagedError(ValueError):
    """Not packed as announced, or cut off."""


def readable(encoding: str) -> bool:
    """Tell whether a body with this ``Content-Encoding`` can be read."""
    return encoding.strip().lower() in {"", "identity", "gzip", "x-gzip"}


def unpacked(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Unpack a body.

    Args:
        pieces: the body as it comes.
        encoding: its ``Content-Encoding``; one that is :func:`readable`.

    Yields:
        The content, in pieces of bounded size.

    Raises:
        DamagedError: the body is no gzip, or ends before its end.
    """
    if encoding.strip().lower() in {"", "identity"}:
        yield from pieces
        return
    inflate = zlib.decompressobj(_GZIP)
    started = False
    try:
        for piece in pieces:
            started = True
            rest = piece
            while rest and not inflate.eof:
                yield inflate.decompress(rest, PIECE_BYTES)
                rest = inflate.unconsumed_tail
            if inflate.unused_data:
                raise DamagedError("bytes follow its end")
        # No body at all is an empty one: answers to DELETE and 204 may still announce gzip.
        if started and not inflate.eof:
            raise DamagedError("cut off before its end")
    except zlib.error as error:
        raise DamagedError(str(error)) from None
